// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/support/planted_world.h"

namespace crossfade {
namespace {

using testing::expect_error;
using testing::PlantedWorld;
using testing::TempDirectory;

// Thrown in the place of a kill.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

std::vector<float> scores(Model& model) {
  std::vector<UserId> users;
  std::vector<ItemId> items;
  for (std::size_t u = 0; u < PlantedWorld::kUsers; ++u) {
    for (std::size_t i = 0; i < PlantedWorld::kItems; ++i) {
      users.push_back(UserId{static_cast<std::int32_t>(u)});
      items.push_back(ItemId{static_cast<std::int32_t>(i)});
    }
  }
  std::vector<float> out(users.size());
  model.score(users, items, out);
  return out;
}

// Any deterministic number of the model serves to choose epochs.
ColdErrors cold_errors(Model& model) {
  double sum = 0.0;
  const std::vector<float> all = scores(model);
  for (const float score : all) {
    sum += (score - 3.0F) * (score - 3.0F);
  }
  const double rmse = std::sqrt(sum / static_cast<double>(all.size()));
  return {.rmse = rmse, .mae = rmse};
}

class Training : public ::testing::TestWithParam<std::string> {
 protected:
  Training() { configure_torch(); }

  [[nodiscard]] std::unique_ptr<Model> model() const {
    const ModelEntry& entry = find_model(GetParam());
    std::string settings = "epochs = 7";
    if (entry.uses_documents) {
      settings += "\nwidth = 8\nfilters = 4\nmax_df = 1.0";
    }
    if (GetParam().starts_with("music")) {
      settings = "encoder.epochs = 3\nside.epochs = 3\noverlap.epochs = 3\noverlap.patience = 2";
    }
    return make_model(entry, data_, parse_toml(settings, "test"), {.rng = Rng(5)});
  }

  [[nodiscard]] TrainOptions options(const std::string& checkpoint) const {
    TrainOptions options;
    options.rng = Rng(9);
    options.cold_errors = cold_errors;
    options.checkpoint = directory_ / checkpoint;
    options.fingerprint = "one";
    options.checkpoint_seconds = 0.0;
    return options;
  }

  [[nodiscard]] std::vector<float> train_on(const std::string& checkpoint) const {
    const std::unique_ptr<Model> fresh = model();
    train(*fresh, options(checkpoint));
    return scores(*fresh);
  }

  PlantedWorld world_;
  FeatureSet features_ = world_.features();
  testing::TestDocuments documents_{
      world_.source.view(), world_.target.view(), PlantedWorld::review};
  Backbone backbone_ = fit_backbone(BackboneKind::kPlain,
                                    {},
                                    {.source = world_.source.view(),
                                     .target = world_.target.view(),
                                     .n_source_items = PlantedWorld::kItems,
                                     .n_target_items = PlantedWorld::kItems},
                                    Rng(3));
  TrainingData data_{.source = world_.source.view(),
                     .target = world_.target.view(),
                     .n_source_items = PlantedWorld::kItems,
                     .n_target_items = PlantedWorld::kItems,
                     .roles = world_.roles,
                     .features = &features_,
                     .documents = &documents_.set(),
                     .backbone = &backbone_};
  TempDirectory directory_;
};

TEST_P(Training, ResumedGivesTheSameBitsAsNeverStopped) {
  const std::vector<float> straight = train_on("straight.pt");
  for (const int last : {1, 2, 3, 4, 5}) {
    const std::string checkpoint = "killed" + std::to_string(last) + ".pt";
    TrainOptions killed = options(checkpoint);
    int epochs = 0;
    killed.on_epoch = [&](const EpochReport&) {
      if (++epochs > last) {
        throw Killed();
      }
    };
    EXPECT_THROW(train(*model(), killed), Killed);
    EXPECT_EQ(train_on(checkpoint), straight) << "killed after epoch " << last;
  }
}

TEST_P(Training, ResumedKeepsWhatEarlierPhasesFoundOut) {
  const std::unique_ptr<Model> straight = model();
  train(*straight, options("straight.pt"));
  TrainOptions killed = options("killed.pt");
  killed.on_epoch = [](const EpochReport&) { throw Killed(); };
  EXPECT_THROW(train(*model(), killed), Killed);
  const std::unique_ptr<Model> resumed = model();
  train(*resumed, options("killed.pt"));
  EXPECT_EQ(resumed->facts(), straight->facts());
}

TEST_P(Training, ACheckpointOfOtherSettingsOrADamagedOneIsIgnored) {
  const std::vector<float> straight = train_on("straight.pt");
  TrainOptions other = options("other.pt");
  other.fingerprint = "another";
  other.rng = Rng(1);
  train(*model(), other);
  EXPECT_EQ(train_on("other.pt"), straight);
  const std::string whole = read_file(directory_ / "other.pt");
  write_file(directory_ / "other.pt", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(train_on("other.pt"), straight);
  write_file(directory_ / "other.pt", "no checkpoint at all");
  EXPECT_EQ(train_on("other.pt"), straight);
}

TEST_P(Training, ASavedModelScoresTheSameWhenLoaded) {
  const std::unique_ptr<Model> trained = model();
  train(*trained, options("saved.pt"));
  save_model(*trained, directory_ / "model.pt");
  const std::unique_ptr<Model> loaded = model();
  load_model(*loaded, directory_ / "model.pt");
  EXPECT_EQ(scores(*loaded), scores(*trained));
}

// One with phases of every kind (music), one whose phase is a kernel (cmf), one with two objectives
// (diffcdr), one whose two objectives share an optimiser (catn), one by Adadelta (omnimatch).
INSTANTIATE_TEST_SUITE_P(
    Models,
    Training,
    ::testing::Values("music", "music-paper", "cmf", "diffcdr", "catn", "omnimatch"),
    [](const auto& model) {
      std::string name = model.param;
      std::ranges::replace(name, '-', '_');
      return name;
    });

// One weight w, whose validation value is lowest after the second epoch.
class OneWeight final : public Model {
 public:
  explicit OneWeight(double scale) : scale_(scale) {
    weight_ = module_.register_parameter("w", torch::zeros({1}));
  }

  std::vector<Phase> phases() override {
    return {{.name = "climb",
             .rows = 4,
             .parameters = {weight_},
             .schedule = {.epochs = 10, .batch_size = 4, .learning_rate = 0.5, .patience = 3},
             .selection = Selection::kOwn,
             .loss = [this](const Step&) { return (-scale_ * weight_).sum(); },
             .validate = [this] { return std::abs(weight_.item<double>() - 1.0); }}};
  }

  void score(std::span<const UserId>, std::span<const ItemId>, std::span<float>) override {}

  torch::nn::Module& module() override { return module_; }

  [[nodiscard]] double weight() const { return weight_.item<double>(); }

 private:
  double scale_;
  torch::nn::Module module_;
  torch::Tensor weight_;
};

TEST(Train, KeepsTheBestEpochAndStopsAfterItsPatience) {
  OneWeight model(1.0);  // Adam moves it by 0.5 per epoch: 0.5, 1.0, 1.5, ...
  const std::vector<PhaseReport> reports = train(model, {});
  EXPECT_NEAR(model.weight(), 1.0, 1e-3);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].best_epoch, 2);
  EXPECT_EQ(reports[0].epochs, 5);
}

// A follower chases a leader that moves first on every batch.
class Chase final : public Model {
 public:
  Chase() {
    leader_ = module_.register_parameter("leader", torch::zeros({1}));
    follower_ = module_.register_parameter("follower", torch::zeros({1}));
  }

  std::vector<Phase> phases() override {
    return {{.name = "chase",
             .rows = 4,
             .parameters = {leader_},
             .schedule = {.epochs = 3, .batch_size = 2, .learning_rate = 0.25, .patience = 0},
             .loss = [this](const Step&) { return (-leader_).sum(); },
             .then = {{follower_}, [this](const Step& step) {
                        seen_.push_back(leader_.item<double>());
                        draws_.push_back(Rng(step.rng)());
                        return (follower_ - leader_.detach()).square().sum();
                      }}}};
  }

  void score(std::span<const UserId>, std::span<const ItemId>, std::span<float>) override {}

  torch::nn::Module& module() override { return module_; }

  torch::nn::Module module_;
  torch::Tensor leader_;
  torch::Tensor follower_;
  std::vector<double> seen_;
  std::vector<std::uint64_t> draws_;
};

TEST(Train, ASecondObjectiveSeesWhatTheFirstOneDid) {
  Chase model;  // Adam's steps on a constant gradient are as long as its step size.
  train(model, {});
  ASSERT_EQ(model.seen_.size(), 6U);
  for (std::size_t step = 0; step < model.seen_.size(); ++step) {
    EXPECT_NEAR(model.seen_[step], 0.25 * static_cast<double>(step + 1), 1e-4);
  }
  EXPECT_GT(model.follower_.item<double>(), 0.5);
}

TEST(Train, EveryStepHasRandomNumbersOfItsOwn) {
  Chase model;
  train(model, {});
  std::vector<std::uint64_t> draws = model.draws_;
  std::ranges::sort(draws);
  EXPECT_EQ(std::ranges::adjacent_find(draws), draws.end());
  Chase again;
  train(again, {});
  EXPECT_EQ(again.draws_, model.draws_);
}

// One weight, which starts at 1, and losses that tests write.
class Scripted final : public Model {
 public:
  Scripted() { weight = module_.register_parameter("w", torch::ones({1})); }

  std::vector<Phase> phases() override {
    return {{.name = "script",
             .rows = 5,
             .parameters = {weight},
             .schedule = {.epochs = 4, .batch_size = 2, .learning_rate = 0.1, .patience = 0},
             .loss = loss,
             .then = {{}, then}}};
  }

  void score(std::span<const UserId>, std::span<const ItemId>, std::span<float>) override {}

  torch::nn::Module& module() override { return module_; }

  static constexpr std::size_t kBatches = 3;  // Of an epoch.
  static constexpr std::size_t kSteps = 4 * kBatches;

  torch::Tensor weight;
  Loss loss;
  Loss then;

 private:
  torch::nn::Module module_;
};

// Adam of the weight of Scripted as Kingma and Ba wrote it, in double.
class AdamByHand {
 public:
  void step(double gradient) {
    ++steps_;
    mean_ = 0.9 * mean_ + 0.1 * gradient;
    square_ = 0.999 * square_ + 0.001 * gradient * gradient;
    const double root = std::sqrt(square_ / (1.0 - std::pow(0.999, steps_)));
    weight -= 0.1 * mean_ / (1.0 - std::pow(0.9, steps_)) / (root + 1e-8);
  }

  double weight = 1.0;

 private:
  int steps_ = 0;
  double mean_ = 0.0;
  double square_ = 0.0;
};

// Some dozen steps of 0.1 in floats.
constexpr double kRounding = 1e-5;

TEST(Train, StepsKnowTheirEpochAndHowMuchOfTheScheduleIsDone) {
  std::vector<std::int64_t> epochs;
  std::vector<double> progress;
  const auto train_until = [&](const TempDirectory& directory, int last) {
    Scripted model;
    model.loss = [&](const Step& step) {
      epochs.push_back(step.epoch);
      progress.push_back(step.progress);
      return model.weight.sum();
    };
    TrainOptions options;
    options.checkpoint = directory / "script.pt";
    options.checkpoint_seconds = 0.0;
    options.on_epoch = [&](const EpochReport& report) {
      if (report.epoch == last) {
        throw Killed();
      }
    };
    train(model, options);
  };
  const TempDirectory directory;
  EXPECT_THROW(train_until(directory, 3), Killed);
  // What epoch 3 did is lost with it: the checkpoint is the one after epoch 2.
  epochs.resize(2 * Scripted::kBatches);
  progress.resize(epochs.size());
  train_until(directory, -1);
  ASSERT_EQ(progress.size(), Scripted::kSteps);
  for (std::size_t step = 0; step < progress.size(); ++step) {
    EXPECT_EQ(epochs[step], static_cast<std::int64_t>(1 + step / Scripted::kBatches));
    EXPECT_DOUBLE_EQ(progress[step], static_cast<double>(step) / Scripted::kSteps);
  }
}

// Of every three batches the second has nothing to learn from.
TEST(Train, AnUndefinedLossTakesNoStep) {
  Scripted model;
  AdamByHand adam;
  std::size_t steps = 0;
  model.loss = [&](const Step&) {
    EXPECT_NEAR(model.weight.item<double>(), adam.weight, kRounding) << "step " << steps;
    const double slope = 1.0 + static_cast<double>(steps);
    if (steps++ % 3 == 1) {
      return torch::Tensor();
    }
    adam.step(slope);
    return (slope * model.weight).sum();
  };
  train(model, {});
  EXPECT_EQ(steps, Scripted::kSteps);
  EXPECT_NEAR(model.weight.item<double>(), adam.weight, kRounding);
}

TEST(Train, LossesThatAreNeverDefinedTrainNothing) {
  Scripted model;
  model.loss = [](const Step&) { return torch::Tensor(); };
  TrainOptions options;
  options.on_epoch = [](const EpochReport& report) { EXPECT_EQ(report.loss, 0.0); };
  train(model, options);
  EXPECT_EQ(model.weight.item<float>(), 1.0F);
}

// An objective without parameters shares the first one's Adam: one sequence of steps.
TEST(Train, ObjectivesThatShareAnOptimiserTakeTurnsAtIt) {
  Scripted model;
  AdamByHand adam;
  model.loss = [&](const Step&) {
    EXPECT_NEAR(model.weight.item<double>(), adam.weight, kRounding);
    adam.step(3.0);
    return (3.0 * model.weight).sum();
  };
  model.then = [&](const Step&) {
    EXPECT_NEAR(model.weight.item<double>(), adam.weight, kRounding);
    adam.step(2.0 * (adam.weight - 2.0));
    return (model.weight - 2.0).square().sum();
  };
  train(model, {});
  EXPECT_NEAR(model.weight.item<double>(), adam.weight, kRounding);
}

// Trains cmf, whose errors on cold users are `stars` by epoch.
PhaseReport train_cmf(const std::vector<double>& stars) {
  const PlantedWorld world;
  const TrainingData data{.source = world.source.view(),
                          .target = world.target.view(),
                          .n_source_items = PlantedWorld::kItems,
                          .n_target_items = PlantedWorld::kItems,
                          .roles = world.roles};
  const TomlTable settings = parse_toml(fmt::format("epochs = {}", stars.size()), "test");
  const auto model = make_model(find_model("cmf"), data, settings, {.rng = Rng(1)});
  std::size_t epoch = 0;
  TrainOptions options;
  options.cold_errors = [&](Model&) {
    const double error = stars[epoch++];
    return ColdErrors{.rmse = error, .mae = error};
  };
  return train(*model, options).front();
}

TEST(Train, PredictionsFarOffTheScaleAreNoResult) {
  expect_error(ErrorKind::kNumeric,
               "phase \"factors\": predictions of the best epoch, 2, are wrong by 4.71e+03 stars; "
               "lower the learning rate (now 0.01)",
               [] {
                 train_cmf({5000.0, 4711.2, 1e9});
               });
}

TEST(Train, AnEpochFarOffTheScaleIsForgottenWhenABetterOneComes) {
  const PhaseReport report = train_cmf({4711.2, 1.5, 2.0});
  EXPECT_EQ(report.best_epoch, 2);
  EXPECT_EQ(report.least_mae, 1.5);
}

TEST(Train, ALossThatIsNoNumberNamesPhaseEpochAndStepSize) {
  OneWeight model(std::numeric_limits<double>::quiet_NaN());
  expect_error(ErrorKind::kNumeric,
               "phase \"climb\", epoch 1: the loss is nan; lower the learning rate (now 0.5)",
               [&] { train(model, {}); });
}

TEST(FindDevice, FindsTheProcessor) {
  EXPECT_TRUE(find_device("cpu").is_cpu());
}

TEST(FindDevice, RefusesWhatIsNoDevice) {
  for (const std::string name : {"", "tpu9", "mps", "cpu:1", "cuda:", "cuda:x", "cuda:257"}) {
    expect_error(ErrorKind::kUsage,
                 fmt::format("training.device = \"{}\" is no device; use cpu or cuda", name),
                 [&] { static_cast<void>(find_device(name)); });
  }
}

TEST(FindDevice, CountsTheDevicesThereAre) {
  const auto devices = torch::cuda::device_count();
  expect_error(ErrorKind::kUsage,
               fmt::format("training.device = \"cuda:99\": torch finds {} CUDA devices, numbered "
                           "from 0; use one of them, or cpu",
                           devices),
               [] { static_cast<void>(find_device("cuda:99")); });
  for (std::size_t n = 0; n < devices; ++n) {
    EXPECT_EQ(find_device(fmt::format("cuda:{}", n)).index(), static_cast<int>(n));
  }
}

}  // namespace
}  // namespace crossfade
