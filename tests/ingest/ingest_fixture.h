// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/ingest/ingest.h"

namespace crossfade::testing {

/// A test with a folder of its own, which runs ingest into <folder>/out and asks it questions.
class IngestFixture : public ::testing::Test {
 protected:
  IngestFixture() { make_directories(folder_); }

  ~IngestFixture() override { std::filesystem::remove_all(folder_); }

  /// Writes a file into the folder; returns its path.
  std::string write(const std::string& name, std::string_view content) const {
    write_file(folder_ / name, content);
    return (folder_ / name).string();
  }

  [[nodiscard]] std::filesystem::path folder() const { return folder_; }

  [[nodiscard]] std::filesystem::path out() const { return folder_ / "out"; }

  Manifest run(const IngestConfig& config) {
    return ingest(config, out(), {}, [this](std::string_view note) { notes_.emplace_back(note); })
        .manifest;
  }

  /// The message of the error that `config` ends with, after "<kind>: "; the folder's path is
  /// replaced by "DIR". Checks that nothing is left behind.
  std::string error_of(const IngestConfig& config) {
    constexpr const char* kKinds[] = {"usage", "data", "io", "numeric", "internal"};
    try {
      run(config);
    } catch (const Error& error) {
      EXPECT_FALSE(std::filesystem::exists(out()));
      for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        EXPECT_EQ(entry.path().filename().string().find(".tmp-"), std::string::npos);
      }
      std::string text =
          fmt::format("{}: {}", kKinds[static_cast<int>(error.kind())], error.what());
      for (std::size_t at; (at = text.find(folder_.string())) != std::string::npos;) {
        text.replace(at, folder_.string().size(), "DIR");
      }
      return text;
    }
    return "no error";
  }

  /// The number that `sql` yields; {} stands for the output directory.
  [[nodiscard]] std::int64_t number(std::string_view sql) const {
    Database database({});
    return database.query_count(fmt::format(fmt::runtime(sql), out().string()));
  }

  /// All rows of `sql` as text, "a|b; c|d".
  [[nodiscard]] std::string rows(std::string_view sql) const {
    Database database({});
    return database.query_text(
        fmt::format("SELECT string_agg(line, '; ') FROM (SELECT "
                    "array_to_string(list_value(*COLUMNS(*)::VARCHAR)"
                    ", '|') AS line FROM ({}))",
                    fmt::format(fmt::runtime(sql), out().string())));
  }

  std::vector<std::string> notes_;

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      fmt::format("crossfade-ingest-{}-{}",
                  ::getpid(),
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace crossfade::testing
