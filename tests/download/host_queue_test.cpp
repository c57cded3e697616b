// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/host_queue.h"

#include <gmock/gmock.h>

#include "crossfade/download/retry.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

HostQueue::Time at(int seconds) {
  return HostQueue::Time{} + std::chrono::seconds(seconds);
}

std::vector<std::size_t> drain(HostQueue& queue, HostQueue::Time now) {
  std::vector<std::size_t> tasks;
  while (const auto task = queue.next(now)) {
    tasks.push_back(*task);
  }
  return tasks;
}

TEST(HostQueue, LetsHostsTakeTurns) {
  HostQueue queue(9);
  for (const std::size_t task : {1, 2, 3}) {
    queue.add(task, "a");
  }
  queue.add(4, "b");
  EXPECT_THAT(drain(queue, at(0)), ElementsAre(1, 4, 2, 3));
  EXPECT_TRUE(queue.empty());
}

TEST(HostQueue, KeepsToTheNumberOfAHost) {
  HostQueue queue(2);
  for (const std::size_t task : {1, 2, 3, 4}) {
    queue.add(task, "a");
  }
  EXPECT_THAT(drain(queue, at(0)), ElementsAre(1, 2));
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.wake_time(), std::nullopt);
  queue.finish("a");
  EXPECT_THAT(drain(queue, at(0)), ElementsAre(3));
}

TEST(HostQueue, HoldsATaskBackUntilItsTime) {
  HostQueue queue(9);
  queue.add(1, "a");
  queue.add(2, "a");
  queue.add_later(3, "a", at(5));
  queue.add_later(4, "b", at(6));
  EXPECT_EQ(queue.next(at(4)), 1U);
  EXPECT_EQ(queue.wake_time(), at(5));
  EXPECT_THAT(drain(queue, at(5)), ElementsAre(3, 2));
  EXPECT_FALSE(queue.empty());
  EXPECT_THAT(drain(queue, at(7)), ElementsAre(4));
}

TEST(HostQueue, GivesAHostItsPauseWhileOthersGoOn) {
  HostQueue queue(9);
  queue.add(1, "a");
  queue.add(2, "b");
  queue.pause("a", at(5));
  EXPECT_THAT(drain(queue, at(0)), ElementsAre(2));
  EXPECT_EQ(queue.wake_time(), at(5));
  queue.add(3, "a");
  queue.pause("a", at(9));
  queue.pause("a", at(7));
  EXPECT_THAT(drain(queue, at(8)), ElementsAre());
  EXPECT_THAT(drain(queue, at(9)), ElementsAre(1, 3));
}

TEST(HostQueue, GivesUpAHost) {
  HostQueue queue(1);
  queue.add(1, "a");
  queue.add(2, "a");
  queue.add(3, "b");
  queue.add_later(4, "a", at(5));
  EXPECT_EQ(queue.next(at(0)), 1U);
  EXPECT_THAT(queue.take_all("a"), UnorderedElementsAre(2, 4));
  queue.finish("a");
  EXPECT_THAT(drain(queue, at(9)), ElementsAre(3));
  EXPECT_TRUE(queue.empty());
}

TEST(WaitBeforeRetry, DoublesHonoursTheServerAndEnds) {
  const DownloadConfig config{.backoff_seconds = 0.5, .longest_wait_seconds = 60.0};
  EXPECT_EQ(wait_before_retry(config, 1), 0.5);
  EXPECT_EQ(wait_before_retry(config, 4), 4.0);
  EXPECT_EQ(wait_before_retry(config, 1, 7.0), 7.0);
  EXPECT_EQ(wait_before_retry(config, 5, 7.0), 8.0);
  EXPECT_EQ(wait_before_retry(config, 1, 3600.0), 60.0);
  EXPECT_EQ(wait_before_retry(config, 1000), 60.0);
}

}  // namespace
}  // namespace crossfade
