// SPDX-License-Identifier: Apache-2.0
//
// diffcdr, diffcdr+: a diffusion over target user vectors, sampled from the source vector.
//
//   noise model   eps(x, t, c) = W3 W2 W1 (x + T emb(t) + m (C c)) + ...   three linear layers
//   step A        smooth L1 (eps, eps(x_t, t, u_s)),  x_t = sqrt(abar_t) u_t + sqrt(1 - abar_t) eps
//   step B        smooth L1 (u_t, A z) + lambda mean (r - offset_i - A z . v_i)^2,
//                 z = sampler(u_s) without gradient, so that only the matrix A learns
//   transfer      A sampler(u_s)
//
// The sampler is DPM-Solver-fast from the source vector itself, with guidance
// eps(0) + s (eps(c) - eps(0)). Xuan, "Diffusion Cross-domain Recommendation", 2024, and its code
// (DiffModel.py, run.py). docs/models/diffcdr.md.
//
// Without activation the noise model is affine, and so is the whole sampler: one d x d map, made
// anew after every step A, replaces 30 evaluations on every row (kernels/dpm_solver.h).
#include <cmath>
#include <memory>

#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/linear.h>

#include "crossfade/kernels/dpm_solver.h"
#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct DiffcdrSettings : MapTraining {
  DiffcdrSettings() { learning_rate = 0.001; }

  std::string activation = "none";
  std::int64_t hidden = 128;
  std::int64_t evaluations = 30;
  double guidance = 0.1;
  double drop_condition = 0.1;
  double task_weight = 0.1;
  double clip_norm = 1.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    visit_sampler(self, field);
    field("task_weight",
          self.task_weight,
          "lambda: weight of the rating error in step B (0.1 in the code; the paper tunes 0.01 to "
          "8).",
          Range{0.0, 1e3});
    field("clip_norm",
          self.clip_norm,
          "Largest gradient norm of each step (1 in the code); 0 = no limit.",
          Range{0.0, 1e9});
    visit_training(self, field, kOverlapRatings);
  }

 private:
  template <typename Self, typename Visitor>
  static void visit_sampler(Self& self, Visitor& field) {
    field("activation",
          self.activation,
          "Between the noise model's layers; none in the code, although the paper speaks of a "
          "perceptron.",
          OneOf{{"none", "relu"}});
    field("hidden", self.hidden, "Width of the noise model (128).", Range{1, 8192});
    field("evaluations",
          self.evaluations,
          "Network evaluations of DPM-Solver-fast (30 in the code).",
          Range{3, 1000});
    field("guidance",
          self.guidance,
          "Weight s of the conditional noise; 0.1 in the code leaves it nine tenths "
          "unconditional.",
          Range{-10.0, 10.0});
    field("drop_condition",
          self.drop_condition,
          "Part of the rows trained without condition (0.1).",
          Range{0.0, 1.0});
  }
};

constexpr std::int64_t kTimeWidth = 128;
constexpr std::int64_t kTrainingSteps = 1000;  // T; the solver's time labels go up to it.

// [sin(t f), cos(t f)] with f_i = 10000^(-i / 63).
torch::Tensor time_embedding(const torch::Tensor& t) {
  constexpr std::int64_t kHalf = kTimeWidth / 2;
  const torch::Tensor frequency = torch::exp(torch::arange(kHalf, torch::kFloat32) *
                                             (-std::log(10000.0) / static_cast<double>(kHalf - 1)));
  const torch::Tensor angle =
      t.to(torch::kCPU, torch::kFloat32).unsqueeze(1) * frequency.unsqueeze(0);
  return torch::cat({angle.sin(), angle.cos()}, 1).to(t.device());
}

struct DiffcdrModule : torch::nn::Module {
  torch::nn::Linear time{nullptr}, condition{nullptr};
  torch::nn::Linear first{nullptr}, second{nullptr}, third{nullptr};
  torch::nn::Linear alignment{nullptr};  // A
};

class Diffcdr final : public TransferModel {
 public:
  Diffcdr(const TrainingData& data, const DiffcdrSettings& settings, const ModelContext& context)
      : TransferModel(data, context),
        settings_(settings),
        solver_(static_cast<std::size_t>(settings.evaluations)) {
    const std::int64_t k = width();
    const auto linear = [&](const char* name, std::int64_t in, std::int64_t out, bool bias = true) {
      return module_->register_module(
          name, torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias)));
    };
    module_->time = linear("time", kTimeWidth, k);
    module_->condition = linear("condition", k, k);
    module_->first = linear("first", k, settings.hidden);
    module_->second = linear("second", settings.hidden, settings.hidden);
    module_->third = linear("third", settings.hidden, k);
    module_->alignment = linear("alignment", k, k, false);
    module_->to(context.device);
    make_schedule();
  }

  std::vector<Phase> phases() override {
    std::vector<torch::Tensor> noise_parameters;
    for (const auto& layer :
         {module_->time, module_->condition, module_->first, module_->second, module_->third}) {
      const std::vector<torch::Tensor> own = layer->parameters();
      noise_parameters.insert(noise_parameters.end(), own.begin(), own.end());
    }
    return {{.name = "diffusion",
             .rows = overlap_ratings().users.size(0),
             .parameters = noise_parameters,
             .schedule = schedule(),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return noise_loss(step); },
             .then = {module_->alignment->parameters(),
                      [this](const Step& step) { return task_loss(step); }}}};
  }

  torch::nn::Module& module() override { return *module_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    return module_->alignment(sample(rows_of(source_users(), users)));
  }

 private:
  [[nodiscard]] Schedule schedule() const {
    Schedule schedule = settings_.schedule();
    schedule.clip_norm = settings_.clip_norm;
    return schedule;
  }

  void make_schedule() {
    const torch::Tensor beta = torch::linspace(1e-4, 0.02, kTrainingSteps, torch::kFloat64);
    const torch::Tensor kept = (1.0 - beta).cumprod(0);
    signal_ = kept.sqrt().to(context().device, torch::kFloat32);
    spread_ = (1.0 - kept).sqrt().to(context().device, torch::kFloat32);
    std::vector<float> labels(solver_.labels().begin(), solver_.labels().end());
    label_embedding_ = time_embedding(torch::tensor(labels)).to(context().device);
  }

  [[nodiscard]] bool affine() const { return settings_.activation == "none"; }

  // The noise in x + what time and condition add to it.
  torch::Tensor network(const torch::Tensor& h) {
    const auto activate = [this](const torch::Tensor& x) { return affine() ? x : torch::relu(x); };
    return module_->third(activate(module_->second(activate(module_->first(h)))));
  }

  // Step A.
  torch::Tensor noise_loss(const Step& step) {
    const torch::Tensor users = rows_of(overlap_ratings().users, step.rows);
    const torch::Tensor x0 = rows_of(target_users(), users);
    const Draws draws = draw(step, x0);
    const torch::Tensor x = rows_of(signal_, draws.times).unsqueeze(1) * x0 +
                            rows_of(spread_, draws.times).unsqueeze(1) * draws.noise;
    const torch::Tensor h = x + module_->time(time_embedding(draws.times).to(x.device())) +
                            draws.told * module_->condition(rows_of(source_users(), users));
    return torch::nn::functional::smooth_l1_loss(network(h), draws.noise);
  }

  struct Draws {
    torch::Tensor times;  // int64 [b], on the CPU
    torch::Tensor noise;  // [b, k]
    torch::Tensor told;   // [b, 1]: 1 where the condition is given
  };

  // Times in pairs t, T - 1 - t; then the noise row by row; then who is told the condition.
  Draws draw(const Step& step, const torch::Tensor& x0) const {
    Rng rng = step.rng;
    const std::int64_t rows = x0.size(0);
    const std::int64_t half = (rows + 1) / 2;
    Draws draws{.times = torch::empty({rows}, torch::kInt64),
                .noise = torch::empty(x0.sizes()),
                .told = torch::empty({rows, 1})};
    auto* times = draws.times.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < half; ++i) {
      times[i] = static_cast<std::int64_t>(rng.below(kTrainingSteps));
    }
    for (std::int64_t i = half; i < rows; ++i) {
      times[i] = kTrainingSteps - 1 - times[i - half];
    }
    for (std::int64_t i = 0; i < draws.noise.numel(); ++i) {
      draws.noise.data_ptr<float>()[i] = static_cast<float>(rng.normal());
    }
    for (std::int64_t i = 0; i < rows; ++i) {
      draws.told.data_ptr<float>()[i] = rng.uniform() < settings_.drop_condition ? 0.0F : 1.0F;
    }
    draws.noise = draws.noise.to(x0.device());
    draws.told = draws.told.to(x0.device());
    return draws;
  }

  // Step B.
  torch::Tensor task_loss(const Step& step) {
    const torch::Tensor users = rows_of(overlap_ratings().users, step.rows);
    const torch::Tensor items = rows_of(overlap_ratings().items, step.rows);
    const torch::Tensor aligned = module_->alignment(sample(rows_of(source_users(), users)));
    const torch::Tensor predicted =
        rows_of(target_offsets(), items) + (aligned * rows_of(target_items(), items)).sum(1);
    const torch::Tensor error = predicted - rows_of(overlap_ratings().ratings, step.rows);
    return torch::nn::functional::smooth_l1_loss(aligned, rows_of(target_users(), users)) +
           settings_.task_weight * error.square().mean();
  }

  // The sampler from `start` [b, k], which is also the condition.
  torch::Tensor sample(const torch::Tensor& start) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor times = module_->time(label_embedding_);  // [evaluations, k]
    if (affine()) {
      return sample_affine(start, times);
    }
    const torch::Tensor condition = module_->condition(start);
    return solver_.sample<torch::Tensor>(start, [&](const torch::Tensor& x, std::size_t n) {
      const torch::Tensor h = x + times.select(0, static_cast<std::int64_t>(n));
      const torch::Tensor alone = network(h);
      return torch::Tensor(alone + settings_.guidance * (network(h + condition) - alone));
    });
  }

  torch::Tensor sample_affine(const torch::Tensor& start, const torch::Tensor& times) {
    const std::int64_t k = width();
    const torch::Tensor zero = torch::zeros({1, k}, start.options());
    const torch::Tensor offset = network(zero);
    const torch::Tensor matrix = module_->first->weight.t()
                                     .matmul(module_->second->weight.t())
                                     .matmul(module_->third->weight.t());
    // eps(0) + s (eps(c) - eps(0)) = eps with s C c added to x.
    const torch::Tensor condition = settings_.guidance * module_->condition->weight.t();
    const torch::Tensor shifted = times + settings_.guidance * module_->condition->bias;
    const AffineMap map = solve_affine(solver_,
                                       {.width = static_cast<std::size_t>(k),
                                        .matrix = to_vector(matrix),
                                        .offset = to_vector(offset)},
                                       to_vector(condition),
                                       to_vector(shifted));
    const auto tensor = [&](const std::vector<float>& values, std::vector<std::int64_t> shape) {
      torch::Tensor out = torch::empty(shape);
      copy_into(out, values);
      return out.to(start.device());
    };
    return torch::addmm(tensor(map.offset, {1, k}), start, tensor(map.matrix, {k, k}));
  }

  DiffcdrSettings settings_;
  DpmSolver solver_;
  torch::Tensor signal_;           // [T]: sqrt(abar_t)
  torch::Tensor spread_;           // [T]: sqrt(1 - abar_t)
  torch::Tensor label_embedding_;  // [evaluations, 128]
  std::shared_ptr<DiffcdrModule> module_ = std::make_shared<DiffcdrModule>();
};

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation = "Xuan, Diffusion Cross-domain Recommendation, 2024",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry diffcdr_entry() {
  return model_entry<Diffcdr>(
      names("diffcdr",
            "DiffCDR as published: a diffusion started from the source vector",
            BackboneKind::kPlain),
      DiffcdrSettings{});
}

ModelEntry diffcdr_plus_entry() {
  DiffcdrSettings settings;
  settings.activation = "relu";
  settings.evaluations = 10;
  settings.guidance = 1.0;
  settings.task_weight = 1.0;
  settings.epochs = 30;
  settings.patience = 5;
  return model_entry<Diffcdr>(
      names("diffcdr+", "DiffCDR on the biased backbone, with activation", BackboneKind::kBiased),
      settings);
}

}  // namespace crossfade
