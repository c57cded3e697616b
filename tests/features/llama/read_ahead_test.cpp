// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/read_ahead.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/error.h"

#include "tests/features/support.h"

namespace crossfade {
namespace {

using testing::failure_of;

TEST(ReadAhead, GivesResultsInOrder) {
  ReadAhead<std::unique_ptr<std::size_t>> reader(
      100, 3, [](std::size_t i) { return std::make_unique<std::size_t>(i * i); });
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(*reader.take(), i * i);
  }
}

TEST(ReadAhead, MakesNoMoreThanItMay) {
  std::atomic<std::size_t> made = 0;
  ReadAhead<int> reader(100, 3, [&](std::size_t) {
    ++made;
    return 0;
  });
  for (std::size_t taken = 1; taken <= 10; ++taken) {
    reader.take();
    EXPECT_LE(made, taken + 3);
  }
}

TEST(ReadAhead, AnErrorBelongsToItsResult) {
  ReadAhead<int> reader(3, 2, [](std::size_t i) {
    require(i != 1, ErrorKind::kInternal, "the second");
    return static_cast<int>(i);
  });
  EXPECT_EQ(reader.take(), 0);
  EXPECT_EQ(failure_of([&] { reader.take(); }), "kInternal: the second");
  EXPECT_EQ(reader.take(), 2);
}

TEST(ReadAhead, EndsAtAnyTime) {
  for (int pause = 0; pause < 20; ++pause) {
    ReadAhead<std::string> reader(1000, 2, [](std::size_t) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      return std::string(100, 'a');
    });
    std::this_thread::sleep_for(std::chrono::microseconds(50 * pause));
    if (pause % 2 == 0) {
      reader.take();
    }
  }
  const ReadAhead<int> empty(0, 2, [](std::size_t) { return 0; });
}

}  // namespace
}  // namespace crossfade
