// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/ingest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <future>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/toml.h"
#include "crossfade/ingest/funnel.h"
#include "crossfade/ingest/gzip_file.h"
#include "crossfade/ingest/rejects.h"
#include "crossfade/ingest/row_source.h"
#include "crossfade/ingest/tables.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

const std::array<std::string, 2> kDomains = {"source", "target"};

const DomainSource& settings_of(const IngestConfig& config, const std::string& domain) {
  return domain == "source" ? config.source : config.target;
}

// DuckDB ends a gzip file that is cut short silently, so those that it inflates itself are checked
// on a thread of their own while the rows are read.
class GzipCheck {
 public:
  explicit GzipCheck(std::vector<std::string> files)
      : check_(std::async(std::launch::async, [files = std::move(files)] {
          for (const std::string& file : files) {
            if (is_gzip(file)) {
              verify_gzip(file);
            }
          }
        })) {}

  // Waits for the verdict; throws it.
  void wait() { check_.get(); }

 private:
  std::future<void> check_;
};

std::vector<std::string> input_files(Database& database, const IngestConfig& config) {
  std::vector<std::string> files;
  for (const std::string& domain : kDomains) {
    const DomainSource& from = settings_of(config, domain);
    for (const std::string& file : {from.reviews, from.items}) {
      if (!file.empty()) {
        files.push_back(file);
      }
    }
    for (const std::string& query : {from.query, from.items_query}) {
      const std::vector<std::string> named = files_in_query(database, query);
      files.insert(files.end(), named.begin(), named.end());
    }
  }
  return files;
}

fs::path made(fs::path directory) {
  make_directories(directory);
  return directory;
}

// The number of bytes that `limit` names. DuckDB would refuse it at length, and only when the
// database starts.
double memory_bytes(const std::string& limit) {
  constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
      {{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}}};
  const std::size_t digits = std::min(limit.find_first_not_of("0123456789."), limit.size());
  const auto* unit = std::ranges::find(
      kUnits, std::string_view(limit).substr(digits), &decltype(kUnits)::value_type::first);
  double amount = 0.0;
  const auto parsed = std::from_chars(limit.data(), limit.data() + digits, amount);
  require(parsed.ptr == limit.data() + digits && amount > 0.0 && unit != kUnits.end(),
          ErrorKind::kUsage,
          "ingest.memory_limit = \"{}\" is no amount of memory; write it like 4GB",
          limit);
  return amount * unit->second;
}

// Who may use how much of memory_limit. What is left is for what DuckDB does not count: the buffers
// of its JSON readers and Parquet writers, and what its allocator holds back.
struct MemoryPlan {
  std::string database;
  std::int64_t mapped_texts = 0;
  std::int64_t threads = 0;
};

MemoryPlan plan_memory(const IngestConfig& config) {
  constexpr double kBytesPerThread = 256e6;
  const double bytes = memory_bytes(config.memory_limit);
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  const std::int64_t threads =
      config.threads > 0 ? config.threads : std::max<std::int64_t>(1, cores);
  const auto served = static_cast<std::int64_t>(std::min(bytes / kBytesPerThread, 1024.0));
  return {.database = fmt::format("{:.0f}MB", std::max(1.0, 0.6 * bytes / 1e6)),
          .mapped_texts = static_cast<std::int64_t>(std::min(0.2 * bytes, 1e18)),
          .threads = std::clamp<std::int64_t>(served, 1, threads)};
}

// One build of the artifact.
class Build {
 public:
  Build(const IngestConfig& config,
        fs::path directory,
        const OnProgress& on_progress,
        const OnNote& on_note)
      : config_(config),
        directory_(std::move(directory)),
        spill_(made(directory_ / "spill")),
        memory_(plan_memory(config)),
        texts_(spill_ / "texts"),
        database_({.memory_limit = memory_.database,
                   .spill_directory = spill_,
                   .threads = memory_.threads}),
        on_progress_(on_progress),
        on_note_(on_note) {
    add_text_functions(database_);
    add_review_functions(database_, texts_, config.min_words);
    for (const std::string& domain : kDomains) {
      add_image_functions(database_, settings_of(config, domain), domain);
    }
  }

  Json run() {
    create_rejected_table(database_);
    try {
      for (const std::string& domain : kDomains) {
        load(domain);
      }
    } catch (const Error&) {
      wait_for_checks();
      throw;
    }
    wait_for_checks();
    texts_.seal(memory_.mapped_texts);
    Json details = {{"users", 0}, {"overlap", 0}};
    number_ids(database_);
    for (const std::string& domain : kDomains) {
      step("filtering the " + domain + " reviews");
      details[domain] = filter(domain);
    }
    const UserCounts users = write_users(database_, directory_);
    details["users"] = users.all;
    details["overlap"] = users.overlap;
    for (const std::string& domain : kDomains) {
      step("writing the " + domain + " tables");
      write_domain(database_, directory_, domain);
      note_gaps(domain);
    }
    write_rejected(database_, directory_);
    step("done");
    std::error_code ignored;
    fs::remove_all(spill_, ignored);
    return details;
  }

 private:
  void load(const std::string& domain) {
    const DomainSource& from = settings_of(config_, domain);
    const LoadOptions options{
        .domain = domain, .max_bad_fraction = config_.max_bad_fraction, .scratch = spill_};
    step("reading the " + domain + " reviews");
    check_files_of(from.query);
    const RowSource reviews = review_rows(database_, from, domain);
    check_file_of(reviews);
    rejected_[domain == "target"] = load_reviews(database_, reviews, options);
    step("reading the " + domain + " items");
    check_files_of(from.items_query);
    const std::optional<RowSource> items = item_rows(database_, from, domain);
    if (items) {
      check_file_of(*items);
    }
    load_items(database_, items, options);
  }

  void check_files_of(const std::string& query) {
    gzip_.emplace_back(files_in_query(database_, query));
  }

  void check_file_of(const RowSource& rows) {
    if (rows.file && !rows.has_parts()) {
      gzip_.emplace_back(std::vector{rows.file->path.string()});
    }
  }

  // Throws the first bad verdict.
  void wait_for_checks() { std::ranges::for_each(std::exchange(gzip_, {}), &GzipCheck::wait); }

  Json filter(const std::string& domain) {
    const RowCounts& rows = rejected_[domain == "target"];
    std::vector<FunnelStep> steps = {
        {.step = "read", .rows = rows.read},
        {.step = "rejected", .rows = rows.read - rows.rejected, .dropped = rows.rejected}};
    for (FunnelStep& step : apply_filters(database_, config_, domain)) {
      steps.push_back(std::move(step));
    }
    Json funnel = Json::array();
    for (const FunnelStep& step : steps) {
      funnel.push_back({{"step", step.step},
                        {"rows", step.rows},
                        {"users", step.users},
                        {"items", step.items},
                        {"dropped", step.dropped}});
    }
    return {{"items", steps.back().items},
            {"reviews", steps.back().rows},
            {"rejected", rows.rejected},
            {"funnel", funnel}};
  }

  void note_gaps(const std::string& domain) {
    const DomainSource& from = settings_of(config_, domain);
    const std::int64_t gaps = count_items_without_metadata(database_, domain);
    if (gaps > 0 && !(from.items.empty() && from.items_query.empty())) {
      report(on_note_, fmt::format("{}: {} items have no row in the items file", domain, gaps));
    }
  }

  void step(std::string_view what) {
    constexpr std::int64_t kSteps = 8;
    report(on_progress_, Progress{.what = what, .done = done_++, .total = kSteps, .unit = "steps"});
  }

  const IngestConfig& config_;
  fs::path directory_;
  fs::path spill_;
  MemoryPlan memory_;
  TextStore texts_;
  Database database_;
  std::vector<GzipCheck> gzip_;
  const OnProgress& on_progress_;
  const OnNote& on_note_;
  std::array<RowCounts, 2> rejected_;
  std::int64_t done_ = 0;
};

// The settings that decide what comes out, as TOML.
std::string key_of(IngestConfig config) {
  config.memory_limit = IngestConfig{}.memory_limit;
  config.threads = IngestConfig{}.threads;
  return to_toml(config, "", false);
}

}  // namespace

ArtifactState ingest(const IngestConfig& config,
                     const fs::path& directory,
                     const OnProgress& on_progress,
                     const OnNote& on_note) {
  check_settings(config);
  static_cast<void>(memory_bytes(config.memory_limit));
  const fs::path target = fs::absolute(directory).lexically_normal();
  const fs::path cache = target.parent_path() / "input-hashes.json";
  ArtifactKey key{.stage = "ingest", .config = key_of(config), .inputs = {}};
  std::vector<std::string> files;
  {
    Database database(DatabaseOptions{});
    files = input_files(database, config);
  }
  for (const std::string& file : files) {
    key.inputs.push_back(hash_input(file, cache));
  }
  return ensure_artifact(target, key, [&](const fs::path& staging) {
    return Build(config, staging, on_progress, on_note).run();
  });
}

}  // namespace crossfade
