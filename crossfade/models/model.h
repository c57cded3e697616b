// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "crossfade/backbone/backbone.h"
#include "crossfade/core/random.h"
#include "crossfade/dataset/split.h"
#include "crossfade/documents/documents.h"
#include "crossfade/features/features.h"

namespace crossfade {

/// What a model may learn from. No held-out rating can be reached from here.
struct TrainingData {
  RatingsView source;  ///< By UserId; users without source ratings are empty.
  RatingsView target;  ///< By UserId; validation and test users are empty.
  std::size_t n_source_items = 0;
  std::size_t n_target_items = 0;
  std::span<const Role> roles;             ///< By UserId.
  const FeatureSet* features = nullptr;    ///< nullptr when the run has no features stage.
  const DocumentSet* documents = nullptr;  ///< nullptr when the run has no documents stage.
  const Backbone* backbone = nullptr;      ///< Of the kind that the model's entry asks for.
  bool profile = true;                     ///< Whether rating profiles describe users, too.
  double profile_damping = 5.0;            ///< Added to the count under every profile.

  [[nodiscard]] std::size_t n_users() const noexcept { return target.users(); }
};

/// What a model says (kData) that cannot do without training overlap users.
inline constexpr const char* kNoOverlap =
    "no user with ratings in both shops is left for training; lower dataset.beta";

/// What a model is told about the run.
struct ModelContext {
  Rng rng{0};  ///< The root of every random number of this model.
  torch::Device device{torch::kCPU};
};

/// The rows of one optimiser step and the randomness that belongs to it.
struct Step {
  torch::Tensor rows;       ///< int64 [b] on the CPU: which of the phase's rows.
  at::Generator generator;  ///< A CPU generator for noise, time steps and dropout.
  Rng rng{0};               ///< A stream of this step alone, for draws made outside torch.
  std::int64_t epoch = 1;   ///< From 1.
  double progress = 0.0;    ///< Part of the steps of all scheduled epochs that is done, in [0, 1).
};

/// Which formula moves the parameters.
enum class StepRule { kAdam, kAdadelta };

/// How the optimiser runs over a phase.
struct Schedule {
  std::int64_t epochs = 50;  ///< At most.
  std::int64_t batch_size = 512;
  double learning_rate = 1e-3;
  double weight_decay = 0.0;  ///< L2, as torch's Adam has it.
  double clip_norm = 0.0;     ///< Largest norm of all gradients together; 0 = no limit.
  double average = 0.0;       ///< Decay of the running average of the parameters that is
                              ///< validated and kept; 0 = the parameters themselves.
  std::int64_t patience = 5;  ///< Epochs without a better value before stopping; 0 = never.
  StepRule rule = StepRule::kAdam;
  double adadelta_decay = 0.95;  ///< Of Adadelta's running means (rho).
};

/// Which value decides on the epoch that a phase ends with.
enum class Selection {
  kLast,       ///< None: the last epoch counts.
  kOwn,        ///< Phase::validate.
  kColdUsers,  ///< The error on held-out pseudo-cold users, which the pipeline computes.
};

/// The loss of a batch, a scalar; an undefined tensor where the batch has nothing to learn from:
/// then no step is taken.
using Loss = std::function<torch::Tensor(const Step&)>;

/// A loss and what it moves.
struct Objective {
  std::vector<torch::Tensor> parameters = {};
  Loss loss = {};
};

/// One leg of training. The trainer runs the phases of a model in order and knows nothing else
/// about it. A phase without rows consists of `begin` alone: a closed form.
struct Phase {
  std::string name;                            ///< For progress and checkpoints: "denoiser".
  std::int64_t rows = 0;                       ///< Rows to draw batches from.
  std::vector<torch::Tensor> parameters = {};  ///< What the optimiser may move; the rest is frozen.
  Schedule schedule = {};
  Selection selection = Selection::kLast;

  /// Runs once before the first epoch. What it computes must be kept in buffers of module(), as
  /// it is not run again when training goes on from a checkpoint.
  std::function<void()> begin = {};

  /// A mean over the batch's rows unless the model says otherwise.
  Loss loss = {};

  /// A second objective, taken on the same batch right after the step of the first; none without a
  /// loss. It has an optimiser of its own, or shares the first one's when it lists no parameters.
  /// Reports show the sum of both losses.
  Objective then = {};

  /// Instead of `loss`: runs a whole epoch over the rows in `order` by itself and returns the mean
  /// loss. For models with kernels of their own; what they keep from epoch to epoch (moments,
  /// step counts) must stand in buffers of module(). `schedule` then only counts epochs.
  std::function<double(std::span<const std::int64_t> order)> epoch = {};

  /// The value that Selection::kOwn minimises, computed in evaluation mode.
  std::function<double()> validate = {};

  /// Runs once after the last epoch, when the selected parameters are in place; same rule as
  /// `begin`.
  std::function<void()> end = {};
};

/// User and target-item vectors whose dot product is the predicted rating; free of torch.
struct Factors {
  std::size_t dimension = 0;
  std::vector<float> users;  ///< [n_users, dimension]
  std::vector<float> items;  ///< [n_target_items, dimension]
};

/// A recommender for the target domain.
class Model {
 public:
  virtual ~Model() = default;

  /// The legs of training, in order. Valid for the lifetime of the model.
  virtual std::vector<Phase> phases() = 0;

  /// Predicted ratings for pairs of users and target items, in stars. A user's scores do not
  /// depend on who else is asked for.
  virtual void score(std::span<const UserId> users,
                     std::span<const ItemId> items,
                     std::span<float> out) = 0;

  /// The model as two tables, when its score is a dot product; retrieval then needs no torch.
  virtual std::optional<Factors> factors() { return std::nullopt; }

  /// Everything a checkpoint must hold, as parameters and buffers.
  virtual torch::nn::Module& module() = 0;

  /// Held-out users' ratings for a calibration that a phase fits on them; called by the trainer
  /// before the first phase. Models that need none ignore it.
  virtual void set_validation(const HeldOut&) {}

  /// Remarks on the trained model for its manifest: chosen weights, fitted shrinkage.
  virtual std::vector<std::pair<std::string, double>> facts() { return {}; }
};

}  // namespace crossfade
