// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>
#include <zlib.h>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/random.h"
#include "crossfade/ingest/ingest.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

std::int64_t reviews() {
  const char* given = std::getenv("CROSSFADE_BENCH_REVIEWS");
  return given != nullptr ? std::atoll(given) : 1'000'000;
}

// Review texts of 5 to 100 words, so that about 5 % are too short.
std::vector<std::string> make_texts(Rng rng) {
  std::vector<std::string> words(20'000);
  for (std::string& word : words) {
    for (std::uint64_t letters = 2 + rng.below(9); letters > 0; --letters) {
      word += static_cast<char>('a' + rng.below(26));
    }
  }
  std::vector<std::string> texts(20'000);
  for (std::string& text : texts) {
    for (std::uint64_t count = 5 + rng.below(96); count > 0; --count) {
      text += (text.empty() ? "" : " ") + words[rng.below(words.size())];
    }
  }
  return texts;
}

// Writes `rows` reviews in the format of Amazon Reviews 2023; mode as gzopen's.
void write_reviews(const fs::path& file, std::int64_t rows, const char* mode) {
  Rng rng = Rng(7).fork("reviews");
  const std::vector<std::string> texts = make_texts(rng.fork("texts"));
  const auto users = static_cast<std::uint64_t>(std::max<std::int64_t>(1, reviews() / 25));
  gzFile out = gzopen(file.c_str(), mode);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::string line = fmt::format(
        "{{\"rating\": {}.0, \"title\": \"{}\", \"text\": \"{}\", \"images\": [], "
        "\"asin\": \"B{:09}\", \"parent_asin\": \"B{:09}\", \"user_id\": \"A{:027}\", "
        "\"timestamp\": {}, \"helpful_vote\": 0, \"verified_purchase\": true}}\n",
        1 + rng.below(5),
        std::string_view(texts[rng.below(texts.size())]).substr(0, 30),
        texts[rng.below(texts.size())],
        row % 50'000,
        rng.below(60'000),
        rng.below(users),
        1'588'687'728'923 + row);
    gzwrite(out, line.data(), static_cast<unsigned>(line.size()));
  }
  gzclose(out);
}

// The files that all measurements read; removed at exit.
struct Files {
  fs::path folder = fs::temp_directory_path() / fmt::format("crossfade-bench-{}", ::getpid());
  std::string plain = (folder / "reviews.jsonl").string();
  std::string gzip = (folder / "reviews.jsonl.gz").string();
  std::string target = (folder / "target.jsonl").string();

  Files() {
    make_directories(folder);
    write_reviews(plain, reviews(), "wbT");
    write_reviews(gzip, reviews(), "wb6");
    write_reviews(target, 1000, "wbT");
  }

  ~Files() { fs::remove_all(folder); }
};

const Files& files() {
  static const Files all;
  return all;
}

const std::string& file(bool gzip) {
  return gzip ? files().gzip : files().plain;
}

std::string scan(const std::string& path) {
  return fmt::format(
      "read_json({}, format = 'newline_delimited', columns = {{'user_id': 'VARCHAR', "
      "'parent_asin': 'VARCHAR', 'rating': 'DOUBLE', 'timestamp': 'BIGINT', 'title': 'VARCHAR', "
      "'text': 'VARCHAR'}})",
      sql_quote(path));
}

void finish(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * reviews());
  state.counters["peak_MB"] = static_cast<double>(peak_memory_bytes()) / 1e6;
}

// DuckDB parses every column and throws the values away.
void bare_read(benchmark::State& state) {
  const std::string& path = file(state.range(0) == 1);
  for (auto _ : state) {
    Database database({});
    database.execute(
        "SELECT count(user_id), count(parent_asin), sum(rating), max(timestamp), "
        "sum(strlen(title)), sum(strlen(text)) FROM " +
        scan(path));
  }
  finish(state);
}

// DuckDB parses every column and keeps the rows as a Parquet file, in file order.
void bare_copy(benchmark::State& state) {
  const std::string& path = file(state.range(0) == 1);
  for (auto _ : state) {
    Database database({});
    database.execute(fmt::format("COPY (SELECT * FROM {}) TO '{}' (FORMAT parquet)",
                                 scan(path),
                                 (files().folder / "copy.parquet").string()));
  }
  finish(state);
}

// The reviews that the filters must leave, computed by one plain query.
std::int64_t expected_reviews() {
  Database database({});
  return database.query_count(
      fmt::format("SELECT count(*) FROM (SELECT arg_min(text, timestamp) AS text FROM {} "
                  "GROUP BY user_id, parent_asin) WHERE len(string_split(text, ' ')) >= 10",
                  scan(files().plain)));
}

// The whole stage: hashes, checks, filters, sorted tables on disk.
void ingest_reviews(benchmark::State& state) {
  IngestConfig config;
  config.min_words = 10;
  config.min_user_reviews = 1;
  config.source.reviews = file(state.range(0) == 1);
  config.target.reviews = files().target;
  std::int64_t kept = 0;
  for (auto _ : state) {
    fs::remove_all(files().folder / "run");
    kept = ingest(config, files().folder / "run" / "ingest", {}, {})
               .manifest.details.at("source")
               .at("reviews");
  }
  if (kept != expected_reviews()) {
    state.SkipWithError("the reviews kept differ from those of the plain query");
  }
  finish(state);
}

BENCHMARK(bare_read)
    ->ArgName("gzip")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(bare_copy)
    ->ArgName("gzip")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(ingest_reviews)
    ->ArgName("gzip")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace crossfade
