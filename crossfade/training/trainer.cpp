// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/trainer.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include <ATen/CPUGeneratorImpl.h>
#include <c10/util/Exception.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>

#include "crossfade/core/error.h"
#include "crossfade/training/checkpoint.h"

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

std::unique_ptr<torch::optim::Adam> make_optimizer(const Phase& phase) {
  return std::make_unique<torch::optim::Adam>(
      phase.parameters,
      torch::optim::AdamOptions(phase.schedule.learning_rate)
          .weight_decay(phase.schedule.weight_decay));
}

// One phase in progress.
class PhaseRun {
 public:
  PhaseRun(Model& model, Phase& phase, const TrainOptions& options, Position& position)
      : model_(model), phase_(phase), options_(options), position_(position) {}

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
    for (const torch::Tensor& parameter : phase_.parameters) {
      parameter.set_requires_grad(true);
    }
    optimizer_ = make_optimizer(phase_);
    if (resumed != nullptr && position_.epoch > 0) {
      resumed->restore_phase(state());
    } else if (phase_.schedule.average > 0.0) {
      average_ = copies(phase_.parameters);
    }
  }

  TrainingState state() {
    return {.module = model_.module(),
            .optimizer = optimizer_.get(),
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
    const at::Generator generator = at::detail::createCPUGenerator(rng.fork("step")());
    double total = 0.0;
    for (std::int64_t first = 0; first < phase_.rows; first += phase_.schedule.batch_size) {
      const std::int64_t last = std::min(first + phase_.schedule.batch_size, phase_.rows);
      total += step({.rows = order.slice(0, first, last), .generator = generator}) *
               static_cast<double>(last - first);
    }
    const double mean = total / static_cast<double>(phase_.rows);
    require(std::isfinite(mean),
            ErrorKind::kNumeric,
            "phase \"{}\", epoch {}: the loss is {}; lower the learning rate (now {})",
            phase_.name,
            epoch,
            std::isnan(mean) ? std::abs(mean) : mean,  // no "-nan"
            phase_.schedule.learning_rate);
    return mean;
  }

  double step(const Step& step) {
    optimizer_->zero_grad();
    const torch::Tensor loss = phase_.loss(step);
    loss.backward();
    if (phase_.schedule.clip_norm > 0.0) {
      torch::nn::utils::clip_grad_norm_(phase_.parameters, phase_.schedule.clip_norm);
    }
    optimizer_->step();
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < average_.size(); ++i) {
      average_[i].lerp_(phase_.parameters[i].detach(), 1.0 - phase_.schedule.average);
    }
    return loss.item<double>();
  }

  // The selection's value, NaN when there is none; remembers the best epoch.
  double validate(std::int64_t epoch) {
    const bool own = phase_.selection == Selection::kOwn && phase_.validate;
    const bool cold = phase_.selection == Selection::kColdUsers && options_.cold_user_error;
    if (!own && !cold) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const AveragedParameters averaged(phase_.parameters, average_);
    model_.module().eval();
    const torch::NoGradGuard no_grad;
    const double value = own ? phase_.validate() : options_.cold_user_error(model_);
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
      best_ = copies(phase_.parameters);
    }
    return value;
  }

  void keep_best() {
    if (!best_.empty()) {
      assign(phase_.parameters, best_);
    } else if (!average_.empty()) {
      assign(phase_.parameters, average_);
    }
    position_.reports.back().best_epoch =
        position_.best_epoch > 0 ? position_.best_epoch : position_.epoch;
    model_.module().eval();
  }

  Model& model_;
  Phase& phase_;
  const TrainOptions& options_;
  Position& position_;
  std::unique_ptr<torch::optim::Adam> optimizer_;
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
    write(position,
          {.module = model.module(), .optimizer = nullptr, .average = none, .best = none});
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
