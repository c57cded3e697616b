// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/text_store.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using Texts = std::pair<std::string, std::string>;

Texts find(const TextStore& store, std::int64_t number) {
  std::string buffer;
  const auto [title, text] = store.find(number, buffer);
  return {std::string(title), std::string(text)};
}

// Short, longer than the first read of a pair, and longer than a buffer.
std::vector<Texts> pairs() {
  return {{"title", "text"},
          {"", "no title"},
          {"no text", ""},
          {"", ""},
          {std::string(500, 'a'), std::string(5'000, 'b')},
          {"long", std::string(3'000'000, 'c')},
          {"last", "é"}};
}

void expect_all_found(std::int64_t map_limit) {
  const testing::TempDirectory temp;
  TextStore store(temp / "texts");
  std::vector<std::int64_t> numbers;
  for (const auto& [title, text] : pairs()) {
    numbers.push_back(store.keep(title, text));
  }
  store.seal(map_limit);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(find(store, numbers[i]), pairs()[i]);
  }
}

TEST(TextStore, GivesBackWhatItKeptFromTheMap) {
  expect_all_found(100'000'000);
}

TEST(TextStore, GivesBackWhatItKeptFromAFileOverTheLimit) {
  expect_all_found(0);
}

TEST(TextStore, ServesSeveralThreads) {
  constexpr int kTexts = 20'000;
  const testing::TempDirectory temp;
  TextStore store(temp / "texts");
  std::vector<std::vector<std::int64_t>> numbers(20);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < numbers.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kTexts; ++i) {
        numbers[thread].push_back(store.keep(std::to_string(thread), std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  store.seal(0);
  for (std::size_t thread = 0; thread < numbers.size(); ++thread) {
    for (int i = 0; i < kTexts; i += 97) {
      EXPECT_EQ(find(store, numbers[thread][static_cast<std::size_t>(i)]),
                Texts(std::to_string(thread), std::to_string(i)));
    }
  }
}

TEST(TextStore, MayStayEmpty) {
  const testing::TempDirectory temp;
  TextStore store(temp / "texts");
  store.seal(1);
  EXPECT_EQ(find(store, store.keep("", "")), Texts());
}

TEST(TextStore, RemovesItsFile) {
  const testing::TempDirectory temp;
  {
    TextStore store(temp / "texts");
    EXPECT_TRUE(std::filesystem::exists(temp / "texts"));
  }
  EXPECT_FALSE(std::filesystem::exists(temp / "texts"));
}

TEST(TextStore, RefusesAFolderThatIsNotThere) {
  testing::expect_error(ErrorKind::kIo, "/nonexistent/texts: No such file or directory", [] {
    const TextStore store("/nonexistent/texts");
  });
}

}  // namespace
}  // namespace crossfade
