// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/database.h"

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::HasSubstr;

DatabaseOptions small() {
  return {.memory_limit = "200MB", .spill_directory = {}, .threads = 1};
}

// The kind of the error and its message; the message is DuckDB's, so tests look at parts of it.
Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kInternal, "nothing was thrown"};
}

TEST(Database, StreamsBlocksOfTypedColumns) {
  Database database(small());
  Rows rows = database.query(
      "SELECT i::INTEGER, i::BIGINT * 10, (i / 2)::FLOAT, i::DOUBLE, i % 2 = 0, i::UTINYINT, "
      "'text' || i FROM range(5) t(i)");
  const RowBlock* block = rows.next();
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(block->rows(), 5U);
  EXPECT_EQ(block->column<std::int32_t>(0)[3], 3);
  EXPECT_EQ(block->column<std::int64_t>(1)[3], 30);
  EXPECT_EQ(block->column<float>(2)[3], 1.5F);
  EXPECT_EQ(block->column<double>(3)[3], 3.0);
  EXPECT_FALSE(block->column<bool>(4)[3]);
  EXPECT_EQ(block->column<std::uint8_t>(5)[3], 3);
  EXPECT_EQ(block->text(6, 3), "text3");
  EXPECT_EQ(rows.next(), nullptr);
}

TEST(Database, LongResultsComeInSeveralBlocksAndWhole) {
  Database database(small());
  Rows rows = database.query("SELECT i FROM range(100000) t(i)");
  std::int64_t sum = 0;
  int blocks = 0;
  while (const RowBlock* block = rows.next()) {
    const auto values = block->column<std::int64_t>(0);
    sum = std::accumulate(values.begin(), values.end(), sum);
    ++blocks;
  }
  EXPECT_EQ(sum, 4999950000);
  EXPECT_GT(blocks, 1);
}

TEST(Database, TextsKeepTheirBytesAndNullsAreTold) {
  Database database(small());
  Rows rows = database.query(
      "SELECT * FROM (VALUES ('a longer text than fits inline, with é'), (NULL), ('')) t(x)");
  const RowBlock* block = rows.next();
  EXPECT_EQ(block->text(0, 0), "a longer text than fits inline, with é");
  EXPECT_TRUE(block->is_null(0, 1));
  EXPECT_EQ(block->text(0, 1), "");
  EXPECT_FALSE(block->is_null(0, 2));
}

TEST(Database, AnswersWithSingleValues) {
  Database database(small());
  database.execute("CREATE TABLE t AS SELECT i FROM range(4) t(i)");
  EXPECT_EQ(database.query_count("SELECT count(*) FROM t"), 4);
  EXPECT_EQ(database.query_count("SELECT NULL"), 0);
  EXPECT_EQ(database.query_number("SELECT avg(i) FROM t"), 1.5);
  EXPECT_TRUE(std::isnan(database.query_number("SELECT NULL")));
  EXPECT_EQ(database.query_text("SELECT 'x'"), "x");
  EXPECT_EQ(database.query_text("SELECT NULL"), "");
}

TEST(Database, RunsTextFunctionsAndLeavesNullAlone) {
  Database database(small());
  database.add_text_function(
      "twice", [](std::string_view in, std::string& out) { out.append(in).append(in); });
  EXPECT_EQ(database.query_text("SELECT twice('ab')"), "abab");
  EXPECT_EQ(database.query_count("SELECT count(*) FROM (SELECT twice(x) y FROM (VALUES (NULL), "
                                 "('a')) t(x)) WHERE y IS NULL"),
            1);
}

TEST(Database, TestsAnswerTextsAndLeaveNullAlone) {
  Database database(small());
  database.add_text_test("is_long", [](std::string_view text) { return text.size() > 3; });
  EXPECT_EQ(
      database.query_text("SELECT list(is_long(x)) FROM (VALUES ('abcd'), (NULL), ('abc')) t(x)"),
      "[true, NULL, false]");
}

TEST(Database, AKeeperGivesBackTwoTextsByTheirNumber) {
  std::vector<std::string> kept;
  Database database(small());
  database.add_text_keeper("pair",
                           {.keep =
                                [&](std::string_view first, std::string_view second) {
                                  kept.push_back(fmt::format("{}{}", first, second));
                                  return static_cast<std::int64_t>(kept.size()) - 1;
                                },
                            .find =
                                [&](std::int64_t number, std::string& buffer) {
                                  buffer = kept.at(static_cast<std::size_t>(number));
                                  const std::string_view text = buffer;
                                  return std::pair(text.substr(0, 1), text.substr(1));
                                }});
  database.execute(
      "CREATE TABLE t AS SELECT keep_pair(a, b) AS number FROM (VALUES ('x', 'one'), (NULL, "
      "'two')) t(a, b) UNION ALL SELECT NULL");
  EXPECT_EQ(database.query_text("SELECT list(find_pair(number) ORDER BY number) FROM t"),
            "[{'first': x, 'second': one}, {'first': t, 'second': wo}, "
            "{'first': '', 'second': ''}]");
}

TEST(Database, WhatAFunctionThrowsIsTheErrorOfTheStatement) {
  Database database(small());
  database.add_text_test(
      "refuse", [](std::string_view text) -> bool { fail(ErrorKind::kIo, "{}: refused", text); });
  const Error error = error_of([&] { database.execute("SELECT refuse('disk')"); });
  EXPECT_EQ(error.kind(), ErrorKind::kIo);
  EXPECT_EQ(std::string(error.what()), "disk: refused");
  const Error later = error_of([&] { database.execute("SELECT 'five'::INTEGER"); });
  EXPECT_EQ(later.kind(), ErrorKind::kData);
}

TEST(Database, MissingFilesAreIoErrorsThatNameTheFile) {
  Database database(small());
  const auto query = [&] { static_cast<void>(database.query("FROM read_parquet('no.parquet')")); };
  const auto execute = [&] { database.execute("CREATE TABLE t AS FROM read_csv('no.csv')"); };
  EXPECT_EQ(error_of(query).kind(), ErrorKind::kIo);
  EXPECT_THAT(error_of(query).what(), HasSubstr("no.parquet"));
  EXPECT_EQ(error_of(execute).kind(), ErrorKind::kIo);
  EXPECT_THAT(error_of(execute).what(), HasSubstr("no.csv"));
}

TEST(Database, MalformedContentIsADataError) {
  Database database(small());
  EXPECT_EQ(error_of([&] { database.execute("SELECT 'five'::INTEGER"); }).kind(), ErrorKind::kData);
  EXPECT_EQ(error_of([&] {
              Rows rows = database.query("SELECT x::INTEGER FROM (VALUES ('5'), ('five')) t(x)");
              while (rows.next() != nullptr) {
              }
            }).kind(),
            ErrorKind::kData);
}

TEST(Database, ParquetGarbageIsADataError) {
  const testing::TempDirectory temp;
  const auto file = temp / "garbage.parquet";
  write_file(file, "this is no parquet file, whatever its name says");
  Database database(small());
  const Error error = error_of([&] {
    static_cast<void>(database.query("FROM read_parquet(" + sql_quote(file.string()) + ")"));
  });
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(std::string(error.what()),
            "Invalid Input Error: No magic bytes found at end of file '" + file.string() + "'");
}

TEST(Database, SqlThatDoesNotParseIsOurOwnMistake) {
  Database database(small());
  EXPECT_EQ(error_of([&] { database.execute("SELEC 1"); }).kind(), ErrorKind::kInternal);
  EXPECT_EQ(error_of([&] { static_cast<void>(database.query("SELEC 1")); }).kind(),
            ErrorKind::kInternal);
}

TEST(Database, AMemoryLimitThatIsTooSmallSaysWhichSettingToRaise) {
  DatabaseOptions options = small();
  options.memory_limit = "20MB";
  Database database(options);
  const Error error = error_of(
      [&] { database.execute("CREATE TABLE t AS SELECT i, hash(i) h FROM range(20000000) t(i)"); });
  EXPECT_EQ(error.kind(), ErrorKind::kIo) << error.what();
  EXPECT_THAT(error.what(),
              ::testing::StartsWith(
                  "the memory limit is too small for this data; raise ingest.memory_limit ("));
}

TEST(Database, OptionsThatItDoesNotAcceptAreUsageErrors) {
  DatabaseOptions options = small();
  options.memory_limit = "plenty";
  testing::expect_error(ErrorKind::kUsage,
                        "the database does not accept memory_limit = \"plenty\"",
                        [&] { const Database database(options); });
}

TEST(Database, QuotingSurvivesHostileNames) {
  Database database(small());
  const std::string hostile = "it's \"quoted\"; DROP TABLE t; --";
  EXPECT_EQ(database.query_text("SELECT " + sql_quote(hostile)), hostile);
  database.execute("CREATE TABLE " + sql_name(hostile) + " AS SELECT 1 AS one");
  EXPECT_EQ(database.query_count("SELECT one FROM " + sql_name(hostile)), 1);
}

}  // namespace
}  // namespace crossfade
