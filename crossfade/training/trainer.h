// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/models/model.h"
#include "crossfade/models/registry.h"

namespace crossfade {

/// What one epoch did. The trainer reports; whoever listens decides what to print.
struct EpochReport {
  std::string phase;
  std::int64_t epoch = 0;   ///< 1-based within the phase.
  std::int64_t epochs = 0;  ///< At most.
  double loss = 0.0;        ///< Mean over the batches, weighted by rows.
  double validation = std::numeric_limits<double>::quiet_NaN();  ///< Lower is better; NaN = none.
};

using OnEpoch = std::function<void(const EpochReport&)>;

/// What one phase took.
struct PhaseReport {
  std::string name;
  std::int64_t rows = 0;        ///< Per epoch.
  std::int64_t epochs = 0;      ///< Run, over all starts of the program.
  std::int64_t best_epoch = 0;  ///< The one kept; 0 for phases without rows.
  double seconds = 0.0;         ///< Over all starts of the program.

  /// The least MAE of Selection::kColdUsers over the epochs, which need not be the kept one's: the
  /// published tables show the least MAE and the least RMSE, each of an epoch of its own.
  std::optional<double> least_mae = {};
};

/// What a model does on held-out pseudo-cold users.
struct ColdErrors {
  double rmse = 0.0;  ///< What Selection::kColdUsers minimises.
  double mae = 0.0;
};

/// Everything `train` needs beside the model.
struct TrainOptions {
  Rng rng{0};  ///< Root of shuffles and of the steps' generators.
  std::function<ColdErrors(Model&)> cold_errors =
      {};  ///< For Selection::kColdUsers; absent = the last epoch.
  OnEpoch on_epoch = {};
  std::filesystem::path checkpoint;  ///< Where to keep one; "" = nowhere.
  std::string fingerprint;           ///< Of everything that determines the result: a checkpoint
                                     ///< with another one is ignored.
  double checkpoint_seconds = 10.0;
};

/// Runs the phases of `model` in order, or the rest of them when `checkpoint` holds a state with
/// the same fingerprint. The same (model, options) give bit-identical parameters on one machine
/// with one build, however often training was killed and started again.
/// @throws Error  kNumeric, naming phase, epoch and step size, when a loss is not finite or the
/// best
///                epoch's predictions for cold users are far off the scale; kIo.
std::vector<PhaseReport> train(Model& model, const TrainOptions& options);

/// Makes torch run single-threaded and deterministically in this process. Call it once before
/// any model is made: models are small, and whole runs are what is done in parallel.
void configure_torch();

/// Makes an untrained model. Initial weights come from torch's process-wide generator, which is
/// seeded from context.rng and used by one thread at a time here, and nowhere else.
/// @throws Error  as ModelEntry::make.
[[nodiscard]] std::unique_ptr<Model> make_model(const ModelEntry& entry,
                                                const TrainingData& data,
                                                const TomlTable& settings,
                                                const ModelContext& context);

/// The device called `name`.
/// @throws Error  kUsage when it does not exist on this machine.
[[nodiscard]] torch::Device find_device(const std::string& name);

/// Writes the state of a trained model and reads it back into an untrained one of equal shape.
/// @throws Error  kIo, kData.
void save_model(Model& model, const std::filesystem::path& file);
void load_model(Model& model, const std::filesystem::path& file);

}  // namespace crossfade
