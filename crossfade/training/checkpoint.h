// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "crossfade/training/trainer.h"

namespace crossfade {

/// Where training stands between two epochs. Random state needs no place here: every epoch
/// forks its own streams from the root seed by phase name and epoch number.
struct Position {
  std::size_t phase = 0;             ///< Of the model's phases.
  std::int64_t epoch = 0;            ///< Epochs of the phase that are done.
  double best_value = 0.0;           ///< Of the selection; meaningful when best_epoch > 0.
  std::int64_t best_epoch = 0;       ///< 0 = none measured yet.
  std::vector<PhaseReport> reports;  ///< Of the finished phases and the present one.
};

/// The tensors that go with a position.
struct TrainingState {
  torch::nn::Module& module;
  std::vector<torch::Tensor> optimizer;  ///< Optimizer::state of the phase's objectives, in order.
  std::vector<torch::Tensor>& average;   ///< Running averages of the phase's parameters; or empty.
  std::vector<torch::Tensor>& best;      ///< The best epoch's parameters; or empty.
};

/// Writes position and state to one file, atomically.
/// @throws Error  kIo.
void save_checkpoint(const std::filesystem::path& file,
                     const std::string& fingerprint,
                     const Position& position,
                     const TrainingState& state);

/// A checkpoint that was read from disk but not yet applied.
class Checkpoint {
 public:
  /// The checkpoint in `file` if it exists, is whole and carries `fingerprint`.
  [[nodiscard]] static std::unique_ptr<Checkpoint> find(const std::filesystem::path& file,
                                                        const std::string& fingerprint);

  [[nodiscard]] const Position& position() const noexcept { return position_; }

  /// Restores the module (parameters and buffers).
  void restore_module(torch::nn::Module& module);

  /// The optimisers' state.
  [[nodiscard]] std::vector<torch::Tensor> optimizer();

  /// Restores the phase's averages and best parameters.
  void restore_phase(const TrainingState& state);

 private:
  Checkpoint() = default;
  Position position_;
  torch::serialize::InputArchive archive_;
};

}  // namespace crossfade
