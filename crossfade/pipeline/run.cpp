// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "crossfade/documents/documents.h"
#include "crossfade/features/features.h"
#include "crossfade/ingest/ingest.h"
#include "crossfade/pipeline/job.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Runs `stage` and reports it.
template <typename Stage, typename Summary>
ArtifactState reported(const RunCallbacks& callbacks,
                       const std::string& name,
                       const Stage& stage,
                       const Summary& summary) {
  const Clock::time_point start = Clock::now();
  ArtifactState state = stage();
  if (callbacks.on_stage) {
    callbacks.on_stage({.stage = name,
                        .summary = summary(state.manifest),
                        .reused = state.reused,
                        .seconds = seconds_since(start)});
  }
  return state;
}

std::string ingest_summary(const Manifest& manifest) {
  const Json& d = manifest.details;
  return fmt::format("source {} items, {} reviews; target {} items, {} reviews; {} users in both",
                     d["source"]["items"].get<std::int64_t>(),
                     d["source"]["reviews"].get<std::int64_t>(),
                     d["target"]["items"].get<std::int64_t>(),
                     d["target"]["reviews"].get<std::int64_t>(),
                     d["overlap"].get<std::int64_t>());
}

std::string split_summary(const Split& split) {
  const auto count = [&](Role role) { return std::ranges::count(split.roles, role); };
  return fmt::format("{} cold-start test users, {} validation, {} overlap, {} side, {} source only",
                     count(Role::kTest),
                     count(Role::kValidation),
                     count(Role::kOverlap),
                     count(Role::kSide),
                     count(Role::kSourceOnly));
}

// Whether a row's model has `need` (&ModelEntry::uses_features).
bool needs(const Recipe& recipe, bool ModelEntry::*need) {
  return std::ranges::any_of(recipe.rows, [&](const ModelRow& row) { return row.entry->*need; });
}

std::string documents_summary(const Manifest& manifest) {
  return fmt::format("{} words of {} different ones",
                     manifest.details["words"].get<std::int64_t>(),
                     manifest.details["different_words"].get<std::int64_t>());
}

// The same callbacks, for several threads: one call at a time.
RunCallbacks serialised(const RunCallbacks& callbacks, std::mutex& mutex) {
  const auto guard = [&mutex](const auto& callback) {
    using Callback = std::decay_t<decltype(callback)>;
    return !callback ? Callback() : Callback([&mutex, &callback](const auto& value) {
      const std::scoped_lock lock(mutex);
      callback(value);
    });
  };
  return {.on_progress = guard(callbacks.on_progress),
          .on_note = guard(callbacks.on_note),
          .on_stage = guard(callbacks.on_stage),
          .on_ingest = guard(callbacks.on_ingest)};
}

void prepare_features(const Recipe& recipe,
                      const RunLayout& layout,
                      const Dataset& dataset,
                      SeedData& data,
                      const RunCallbacks& callbacks) {
  const fs::path directory = layout.features(data.seed);
  const ArtifactState state = reported(
      callbacks,
      fmt::format("features seed {}", data.seed),
      [&] {
        return build_features(recipe.features,
                              layout.ingest(),
                              dataset,
                              data.split,
                              directory,
                              {.on_progress = callbacks.on_progress, .on_note = callbacks.on_note});
      },
      [](const Manifest&) { return std::string(); });
  data.features = open_features(directory);
  data.features_hash = state.manifest.content_hash;
}

void prepare_documents(const Recipe& recipe,
                       const RunLayout& layout,
                       const Dataset& dataset,
                       SeedData& data,
                       const RunCallbacks& callbacks) {
  const fs::path directory = layout.documents(data.seed);
  const ArtifactState state = reported(
      callbacks,
      fmt::format("documents seed {}", data.seed),
      [&] {
        return build_documents(
            recipe.documents,
            layout.ingest(),
            dataset,
            data.split,
            directory,
            {.on_progress = callbacks.on_progress, .on_note = callbacks.on_note});
      },
      documents_summary);
  data.documents = open_documents(directory);
  data.documents_hash = state.manifest.content_hash;
}

void prepare_backbone(BackboneKind kind,
                      const Recipe& recipe,
                      const RunLayout& layout,
                      const Dataset& dataset,
                      SeedData& data,
                      const RunCallbacks& callbacks) {
  const fs::path directory = layout.backbone(name_of(kind), data.seed);
  const ArtifactState state = reported(
      callbacks,
      fmt::format("{} backbone seed {}", name_of(kind), data.seed),
      [&] {
        return ensure_backbone(kind,
                               recipe.backbone,
                               {.source = data.source.view(),
                                .target = data.target.view(),
                                .n_source_items = dataset.items(Domain::kSource),
                                .n_target_items = dataset.items(Domain::kTarget)},
                               data.seed,
                               {{"dataset", dataset.content_hash()}, {"split", data.split.hash()}},
                               directory);
      },
      [](const Manifest&) { return std::string(); });
  data.backbones[kind] = {.factors = load_backbone(directory), .hash = state.manifest.content_hash};
}

std::unique_ptr<SeedData> prepare_seed(const Recipe& recipe,
                                       const RunLayout& layout,
                                       const Dataset& dataset,
                                       std::int64_t seed,
                                       const RunCallbacks& callbacks) {
  auto data = std::make_unique<SeedData>();
  data->seed = seed;
  data->split = draw_split(dataset, recipe.dataset, static_cast<std::uint64_t>(seed));
  save_split(data->split, layout.split(seed));
  if (callbacks.on_stage) {
    callbacks.on_stage(
        {.stage = fmt::format("split seed {}", seed), .summary = split_summary(data->split)});
  }
  data->source = training_ratings(dataset, data->split, Domain::kSource);
  data->target = training_ratings(dataset, data->split, Domain::kTarget);
  data->validation = held_out_ratings(dataset, data->split, Role::kValidation);
  data->test = held_out_ratings(dataset, data->split, Role::kTest);
  if (needs(recipe, &ModelEntry::uses_features)) {
    prepare_features(recipe, layout, dataset, *data, callbacks);
  }
  if (needs(recipe, &ModelEntry::uses_documents)) {
    prepare_documents(recipe, layout, dataset, *data, callbacks);
  }
  for (const BackboneKind kind : {BackboneKind::kPlain, BackboneKind::kBiased}) {
    if (std::ranges::any_of(recipe.rows,
                            [&](const ModelRow& row) { return row.entry->backbone == kind; })) {
      prepare_backbone(kind, recipe, layout, dataset, *data, callbacks);
    }
  }
  return data;
}

// Which phases a model went through: "denoiser 12 of 40 epochs".
std::string training_summary(const Manifest& manifest) {
  std::string text;
  for (const Json& phase : manifest.details["phases"]) {
    if (phase["rows"].get<std::int64_t>() > 0) {
      text += fmt::format("{}{} {} of {} epochs",
                          text.empty() ? "" : ", ",
                          phase["name"].get<std::string>(),
                          phase["best_epoch"].get<std::int64_t>(),
                          phase["epochs"].get<std::int64_t>());
    }
  }
  return text;
}

// Trains every row with every seed on several threads. Results do not depend on their number: a
// job shares nothing with another but read-only data. The data of a seed is prepared by the
// first job that needs it and freed after the last, so about as many seeds as threads are held.
class JobPool {
 public:
  JobPool(const Recipe& recipe, const Dataset& dataset, const RunCallbacks& callbacks)
      : recipe_(recipe), dataset_(dataset), callbacks_(callbacks), slots_(recipe.seeds.size()) {
    for (SeedSlot& slot : slots_) {
      slot.jobs_left = recipe.rows.size();
    }
  }

  void run() {
    const auto cores = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
    const auto wanted = static_cast<std::size_t>(recipe_.jobs > 0 ? recipe_.jobs : cores);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(wanted, total_); ++i) {
      threads.emplace_back([this] { work(); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  struct SeedSlot {
    std::mutex mutex;
    std::unique_ptr<SeedData> data;
    std::size_t jobs_left = 0;
  };

  void work() {
    configure_torch();
    for (std::size_t job = next_++; job < total_ && !failed_; job = next_++) {
      try {
        run_one(job / recipe_.rows.size(), recipe_.rows[job % recipe_.rows.size()]);
      } catch (...) {
        if (!failed_.exchange(true)) {
          failure_ = std::current_exception();
        }
      }
    }
  }

  const SeedData& acquire(std::size_t seed) {
    SeedSlot& slot = slots_[seed];
    const std::scoped_lock lock(slot.mutex);
    if (!slot.data) {
      slot.data = prepare_seed(recipe_, layout_, dataset_, recipe_.seeds[seed], callbacks_);
    }
    return *slot.data;
  }

  void release(std::size_t seed) {
    SeedSlot& slot = slots_[seed];
    const std::scoped_lock lock(slot.mutex);
    if (--slot.jobs_left == 0) {
      slot.data.reset();
    }
  }

  void run_one(std::size_t seed, const ModelRow& row) {
    const SeedData& data = acquire(seed);
    const std::string name = fmt::format("{} seed {}", row.name, data.seed);
    reported(
        callbacks_,
        name,
        [&] {
          return run_job({recipe_, dataset_, row, data}, layout_, [&](const EpochReport& epoch) {
            show_epoch(name, epoch);
          });
        },
        training_summary);
    ++done_;
    release(seed);
  }

  void show_epoch(const std::string& name, const EpochReport& epoch) const {
    const std::string what =
        fmt::format("training {}, {} epoch {}/{}", name, epoch.phase, epoch.epoch, epoch.epochs);
    report(callbacks_.on_progress,
           Progress{what, done_, static_cast<std::int64_t>(total_), "models done"});
  }

  const Recipe& recipe_;
  const RunLayout layout_ = layout_of(recipe_);
  const Dataset& dataset_;
  const RunCallbacks& callbacks_;
  const std::size_t total_ = recipe_.seeds.size() * recipe_.rows.size();
  std::vector<SeedSlot> slots_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

}  // namespace

Dataset prepare_tables(const Recipe& recipe, const RunCallbacks& callbacks) {
  const RunLayout layout = layout_of(recipe);
  const ArtifactState ingested = reported(
      callbacks,
      "ingest",
      [&] {
        return ingest(recipe.ingest, layout.ingest(), callbacks.on_progress, callbacks.on_note);
      },
      ingest_summary);
  if (callbacks.on_ingest && !ingested.reused) {
    callbacks.on_ingest(ingested.manifest);
  }
  reported(
      callbacks,
      "dataset",
      [&] { return build_dataset(layout.ingest(), layout.dataset(), callbacks.on_progress); },
      [](const Manifest&) { return std::string(); });
  return Dataset(layout.dataset());
}

void run_recipe(const Recipe& as_written, const RunCallbacks& unguarded) {
  const Recipe recipe = resolved(as_written);
  std::mutex mutex;
  const RunCallbacks callbacks = serialised(unguarded, mutex);
  static_cast<void>(find_device(recipe.training.device));
  const RunLayout layout = layout_of(recipe);
  const Dataset dataset = prepare_tables(recipe, callbacks);
  make_directories(layout.out);
  write_file(layout.recipe(), to_text(as_written, false));
  JobPool(recipe, dataset, callbacks).run();
}

Recipe recipe_of_run(const fs::path& directory) {
  const fs::path file = RunLayout{directory}.recipe();
  require(fs::exists(file),
          ErrorKind::kIo,
          "{}: there is no recipe.toml; name the `out` directory of a finished `crossfade run`",
          directory.string());
  Recipe recipe = load_recipe(file, {});
  recipe.out = directory.string();
  return recipe;
}

Manifest manifest_of_model(const fs::path& directory, const std::string& row, std::int64_t seed) {
  std::optional<Manifest> manifest = find_manifest(RunLayout{directory}.model(row, seed));
  require(manifest.has_value(),
          ErrorKind::kIo,
          "{}: {}, seed {}, is not trained yet; the same `crossfade run` command goes on",
          directory.string(),
          row,
          seed);
  return *std::move(manifest);
}

}  // namespace crossfade
