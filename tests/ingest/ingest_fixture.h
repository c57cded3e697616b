// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/ingest/ingest.h"

#include "tests/core/temp_directory.h"

namespace crossfade::testing {

/// `content` as a gzip stream.
inline std::string gzipped(std::string_view content) {
  std::string out(content.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A test with a folder of its own, which runs ingest into <folder>/out and asks it questions.
class IngestFixture : public ::testing::Test {
 protected:
  /// Writes a file into the folder; returns its path.
  std::string write(const std::string& name, std::string_view content) const {
    write_file(folder_ / name, content);
    return (folder_ / name).string();
  }

  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

  [[nodiscard]] std::filesystem::path out() const { return folder_ / "out"; }

  /// Two small shops without filters: users a and b in both, c in the target only.
  [[nodiscard]] IngestConfig two_shops() const {
    IngestConfig config;
    config.min_user_reviews = 1;
    config.source.reviews = write("source.csv", "user_id,item_id,rating\na,s1,5\nb,s2,3.5\n");
    config.target.reviews = write("target.csv", "user_id,item_id,rating\na,t1,4\nb,t1,2\nc,t2,1\n");
    return config;
  }

  Manifest run(const IngestConfig& config) {
    return ingest(config, out(), {}, [this](std::string_view note) { notes_.emplace_back(note); })
        .manifest;
  }

  /// The error that `config` ends with as "<kind>: <message>", the folder's path replaced by DIR.
  /// Checks that nothing is left behind.
  std::string error_of(const IngestConfig& config) {
    constexpr const char* kKinds[] = {"usage", "data", "io", "numeric", "internal"};
    try {
      run(config);
    } catch (const Error& error) {
      EXPECT_FALSE(std::filesystem::exists(out()));
      for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        EXPECT_EQ(entry.path().filename().string().find(".tmp-"), std::string::npos);
      }
      return fmt::format(
          "{}: {}", kKinds[static_cast<int>(error.kind())], without_folder(error.what()));
    }
    return "no error";
  }

  /// All rows of `sql` as text, "a|b; c|d"; {} stands for the output directory.
  [[nodiscard]] std::string rows(std::string_view sql) const {
    Database database({});
    const std::string select = fmt::format(fmt::runtime(sql), out().string());
    const auto columns = static_cast<std::size_t>(
        database.query_count(fmt::format("SELECT count(*) FROM (DESCRIBE {})", select)));
    Rows all = database.query(fmt::format("SELECT COLUMNS(*)::VARCHAR FROM ({})", select));
    std::vector<std::string> lines;
    while (const RowBlock* block = all.next()) {
      for (std::size_t row = 0; row < block->rows(); ++row) {
        std::string line;
        for (std::size_t column = 0; column < columns; ++column) {
          line += column == 0 ? "" : "|";
          line += block->text(column, row);
        }
        lines.push_back(line);
      }
    }
    return without_folder(fmt::format("{}", fmt::join(lines, "; ")));
  }

  /// The number that `sql` yields; {} stands for the output directory.
  [[nodiscard]] std::int64_t number(std::string_view sql) const {
    Database database({});
    return database.query_count(fmt::format(fmt::runtime(sql), out().string()));
  }

  std::vector<std::string> notes_;

 private:
  [[nodiscard]] std::string without_folder(std::string text) const {
    for (std::size_t at; (at = text.find(folder().string())) != std::string::npos;) {
      text.replace(at, folder().string().size(), "DIR");
    }
    return text;
  }

  TempDirectory folder_;
};

}  // namespace crossfade::testing
