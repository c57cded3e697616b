// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <memory>
#include <optional>

#include <ATen/CPUGeneratorImpl.h>
#include <c10/util/Exception.h>

#include "crossfade/core/error.h"
#include "crossfade/training/checkpoint.h"
#include "crossfade/training/optimizer.h"

namespace crossfade {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<torch::Tensor> copies(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> out;
  for (const torch::Tensor& tensor : tensors) {
    out.push_back(tensor.detach().clone());
  }
  return out;
}

void assign(const std::vector<torch::Tensor>& to, const std::vector<torch::Tensor>& from) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i].detach().copy_(from[i]);
  }
}

// Puts the running averages in place of the parameters for as long as it lives.
class AveragedParameters {
 public:
  AveragedParameters(const std::vector<torch::Tensor>& parameters,
                     const std::vector<torch::Tensor>& average)
      : parameters_(parameters) {
    if (!average.empty()) {
      own_ = copies(parameters);
      assign(parameters, average);
    }
  }

  ~AveragedParameters() {
    if (!own_.empty()) {
      assign(parameters_, own_);
    }
  }

  AveragedParameters(const AveragedParameters&) = delete;
  AveragedParameters& operator=(const AveragedParameters&) = delete;

 private:
  const std::vector<torch::Tensor>& parameters_;
  std::vector<torch::Tensor> own_;
};

std::vector<Objective> objectives_of(const Phase& phase) {
  std::vector<Objective> objectives;
  if (phase.loss) {
    objectives.push_back({phase.parameters, phase.loss});
  }
  if (phase.then.loss) {
    objectives.push_back(phase.then);
  }
  return objectives;
}

// Everything the phase may move.
std::vector<torch::Tensor> parameters_of(const Phase& phase) {
  std::vector<torch::Tensor> parameters = phase.parameters;
  parameters.insert(parameters.end(), phase.then.parameters.begin(), phase.then.parameters.end());
  return parameters;
}

// One phase in progress.
class PhaseRun {
 public:
  PhaseRun(Model& model, Phase& phase, const TrainOptions& options, Position& position)
      : model_(model),
        phase_(phase),
        objectives_(objectives_of(phase)),
        parameters_(parameters_of(phase)),
        options_(options),
        position_(position) {}

  // Trains the phase to its end, calling `after_epoch` where a checkpoint may be taken.
  void run(Checkpoint* resumed, const std::function<void(const TrainingState&)>& after_epoch) {
    start(resumed);
    while (!finished()) {
      const Clock::time_point epoch_start = Clock::now();
      const std::int64_t epoch = position_.epoch + 1;
      EpochReport report{.phase = phase_.name,
                         .epoch = epoch,
                         .epochs = phase_.schedule.epochs,
                         .loss = run_epoch(epoch)};
      report.validation = validate(epoch);
      position_.epoch = epoch;
      position_.reports.back().epochs = epoch;
      position_.reports.back().seconds += seconds_since(epoch_start);
      if (options_.on_epoch) {
        options_.on_epoch(report);
      }
      after_epoch(state());
    }
    keep_best();
  }

 private:
  void start(Checkpoint* resumed) {
    for (const torch::Tensor& parameter : model_.module().parameters()) {
      parameter.set_requires_grad(false);
    }
    for (const Objective& objective : objectives_) {
      for (const torch::Tensor& parameter : objective.parameters) {
        parameter.set_requires_grad(true);
      }
      if (!objective.parameters.empty()) {
        optimizers_.push_back(make_optimizer(objective.parameters, phase_.schedule));
      }
    }
    if (resumed != nullptr && position_.epoch > 0) {
      resume(*resumed);
    } else if (phase_.schedule.average > 0.0) {
      average_ = copies(parameters_);
    }
  }

  void resume(Checkpoint& checkpoint) {
    checkpoint.restore_phase(state());
    const std::vector<torch::Tensor> saved = checkpoint.optimizer();
    auto next = saved.begin();
    for (const auto& optimizer : optimizers_) {
      const auto size = static_cast<std::ptrdiff_t>(optimizer->state().size());
      optimizer->restore({next, next + size});
      next += size;
    }
  }

  TrainingState state() {
    std::vector<torch::Tensor> optimizer;
    for (const auto& one : optimizers_) {
      std::ranges::copy(one->state(), std::back_inserter(optimizer));
    }
    return {.module = model_.module(),
            .optimizer = std::move(optimizer),
            .average = average_,
            .best = best_};
  }

  [[nodiscard]] bool finished() const {
    const Schedule& schedule = phase_.schedule;
    const bool stale = position_.best_epoch > 0 && schedule.patience > 0 &&
                       position_.epoch - position_.best_epoch >= schedule.patience;
    return position_.epoch >= schedule.epochs || stale;
  }

  double run_epoch(std::int64_t epoch) {
    model_.module().train();
    Rng rng = options_.rng.fork(phase_.name, static_cast<std::uint64_t>(epoch));
    torch::Tensor order = torch::arange(phase_.rows, torch::kInt64);
    Rng shuffling = rng.fork("shuffle");
    shuffle(std::span(order.data_ptr<std::int64_t>(), static_cast<std::size_t>(phase_.rows)),
            shuffling);
    const double mean = phase_.epoch ? run_kernel(order) : run_steps(order, rng, epoch);
    require(std::isfinite(mean),
            ErrorKind::kNumeric,
            "phase \"{}\", epoch {}: the loss is {}; lower the learning rate (now {})",
            phase_.name,
            epoch,
            std::isnan(mean) ? std::abs(mean) : mean,  // no "-nan"
            phase_.schedule.learning_rate);
    return mean;
  }

  // Whole epochs of a model's own.
  double run_kernel(const torch::Tensor& order) {
    const torch::NoGradGuard no_grad;
    return phase_.epoch(
        std::span(order.data_ptr<std::int64_t>(), static_cast<std::size_t>(phase_.rows)));
  }

  double run_steps(const torch::Tensor& order, const Rng& rng, std::int64_t epoch) {
    const at::Generator generator = at::detail::createCPUGenerator(rng.fork("step")());
    const Rng batches = rng.fork("batches");
    const std::int64_t size = phase_.schedule.batch_size;
    const std::int64_t n_batches = (phase_.rows + size - 1) / size;
    double total = 0.0;
    for (std::int64_t batch = 0; batch < n_batches; ++batch) {
      const std::int64_t first = batch * size;
      const std::int64_t last = std::min(first + size, phase_.rows);
      total += step({.rows = order.slice(0, first, last),
                     .generator = generator,
                     .rng = batches.fork("batch", static_cast<std::uint64_t>(batch)),
                     .epoch = epoch,
                     .progress = static_cast<double>((epoch - 1) * n_batches + batch) /
                                 static_cast<double>(phase_.schedule.epochs * n_batches)}) *
               static_cast<double>(last - first);
    }
    return total / static_cast<double>(phase_.rows);
  }

  double step(const Step& step) {
    double total = 0.0;
    for (std::size_t i = 0; i < objectives_.size(); ++i) {
      Optimizer& optimizer = *optimizers_[std::min(i, optimizers_.size() - 1)];
      optimizer.zero_grad();
      const torch::Tensor loss = objectives_[i].loss(step);
      if (!loss.defined()) {
        continue;
      }
      loss.backward();
      if (phase_.schedule.clip_norm > 0.0) {
        optimizer.clip(phase_.schedule.clip_norm);
      }
      optimizer.step();
      total += loss.item<double>();
    }
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < average_.size(); ++i) {
      average_[i].lerp_(parameters_[i].detach(), 1.0 - phase_.schedule.average);
    }
    return total;
  }

  // The selection's value, NaN when there is none; remembers the best epoch.
  double validate(std::int64_t epoch) {
    const bool own = phase_.selection == Selection::kOwn && phase_.validate;
    const bool cold = phase_.selection == Selection::kColdUsers && options_.cold_errors;
    if (!own && !cold) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const AveragedParameters averaged(parameters_, average_);
    model_.module().eval();
    const torch::NoGradGuard no_grad;
    const double value = own ? phase_.validate() : cold_rmse();
    require(std::isfinite(value),
            ErrorKind::kNumeric,
            "phase \"{}\", epoch {}: the validation error is {}; lower the learning rate (now {})",
            phase_.name,
            epoch,
            value,
            phase_.schedule.learning_rate);
    if (position_.best_epoch == 0 || value < position_.best_value) {
      position_.best_value = value;
      position_.best_epoch = epoch;
      best_ = copies(parameters_);
    }
    return value;
  }

  double cold_rmse() {
    const ColdErrors errors = options_.cold_errors(model_);
    std::optional<double>& least = position_.reports.back().least_mae;
    least = std::min(errors.mae, least.value_or(errors.mae));
    return errors.rmse;
  }

  // Predictions that are wrong by more than this many stars are those of a training that diverged:
  // the square is still a number, but no epoch of it is worth keeping.
  static constexpr double kDiverged = 100.0;

  void require_worth_keeping() const {
    const bool cold = phase_.selection == Selection::kColdUsers && options_.cold_errors;
    require(!cold || position_.best_value <= kDiverged,
            ErrorKind::kNumeric,
            "phase \"{}\": predictions of the best epoch, {}, are wrong by {:.3g} stars; lower the "
            "learning rate (now {})",
            phase_.name,
            position_.best_epoch,
            position_.best_value,
            phase_.schedule.learning_rate);
  }

  void keep_best() {
    require_worth_keeping();
    if (!best_.empty()) {
      assign(parameters_, best_);
    } else if (!average_.empty()) {
      assign(parameters_, average_);
    }
    position_.reports.back().best_epoch =
        position_.best_epoch > 0 ? position_.best_epoch : position_.epoch;
    model_.module().eval();
  }

  Model& model_;
  Phase& phase_;
  std::vector<Objective> objectives_;
  std::vector<torch::Tensor> parameters_;
  const TrainOptions& options_;
  Position& position_;
  std::vector<std::unique_ptr<Optimizer>> optimizers_;  // One per objective, or one for both.
  std::vector<torch::Tensor> average_;
  std::vector<torch::Tensor> best_;
};

// Writes checkpoints, at most one per interval except between phases.
class Checkpointer {
 public:
  explicit Checkpointer(const TrainOptions& options) : options_(options) {}

  void between_epochs(const Position& position, const TrainingState& state) {
    if (seconds_since(last_) >= options_.checkpoint_seconds) {
      write(position, state);
    }
  }

  void between_phases(const Position& position, Model& model) {
    std::vector<torch::Tensor> none;
    write(position, {.module = model.module(), .optimizer = {}, .average = none, .best = none});
  }

 private:
  void write(const Position& position, const TrainingState& state) {
    if (options_.checkpoint.empty()) {
      return;
    }
    save_checkpoint(options_.checkpoint, options_.fingerprint, position, state);
    last_ = Clock::now();
  }

  const TrainOptions& options_;
  Clock::time_point last_ = Clock::now();
};

template <typename Work>
void timed(PhaseReport& report, const Work& work) {
  if (work) {
    const torch::NoGradGuard no_grad;
    const Clock::time_point start = Clock::now();
    work();
    report.seconds += seconds_since(start);
  }
}

std::vector<PhaseReport> run_phases(Model& model, const TrainOptions& options) {
  std::vector<Phase> phases = model.phases();
  Position position;
  const std::unique_ptr<Checkpoint> resumed =
      Checkpoint::find(options.checkpoint, options.fingerprint);
  if (resumed) {
    position = resumed->position();
    resumed->restore_module(model.module());
  }
  Checkpointer checkpointer(options);
  bool inside_resumed_phase = resumed && position.epoch > 0;
  while (position.phase < phases.size()) {
    Phase& phase = phases[position.phase];
    if (!inside_resumed_phase) {
      position.reports.push_back({.name = phase.name, .rows = phase.rows});
      timed(position.reports.back(), phase.begin);
    }
    if (phase.rows > 0) {
      PhaseRun(model, phase, options, position)
          .run(inside_resumed_phase ? resumed.get() : nullptr,
               [&](const TrainingState& state) { checkpointer.between_epochs(position, state); });
    }
    timed(position.reports.back(), phase.end);
    inside_resumed_phase = false;
    position = {.phase = position.phase + 1, .reports = std::move(position.reports)};
    checkpointer.between_phases(position, model);
  }
  model.module().eval();
  return position.reports;
}

}  // namespace

std::vector<PhaseReport> train(Model& model, const TrainOptions& options) {
  try {
    return run_phases(model, options);
  } catch (const c10::Error& error) {
    fail(ErrorKind::kInternal, "torch: {}", error.what_without_backtrace());
  }
}

}  // namespace crossfade
