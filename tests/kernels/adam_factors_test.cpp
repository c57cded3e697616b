// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adam_factors.h"

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/support/golden.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using testing::expect_close;
using testing::expect_error;
using testing::golden_ratings;
using testing::read_golden;

// A table and its moments.
struct OwnTable {
  explicit OwnTable(std::vector<float> start, std::size_t width = 10)
      : values(std::move(start)), first(values.size()), second(values.size()), dimension(width) {}

  [[nodiscard]] AdamTable view() {
    return {.dimension = dimension, .values = values, .first = first, .second = second};
  }

  std::vector<float> values;
  std::vector<float> first;
  std::vector<float> second;
  std::size_t dimension;
};

std::vector<std::int64_t> in_order(std::size_t rows) {
  std::vector<std::int64_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// The ratings of both domains of the golden world; the source's items and rows come first.
struct GoldenFactors {
  explicit GoldenFactors(const std::string& name) : reference(read_golden(name)) {
    const Json world = read_golden("world");
    const auto source_items = world.at("n_source_items").get<std::size_t>();
    const Ratings source = golden_ratings(world.at("source"));
    const Ratings target = golden_ratings(world.at("target"));
    append_triples(triples, source.view());
    append_triples(triples, target.view(), static_cast<std::int32_t>(source_items));
    const Json& settings = reference.at("options");
    epochs = settings.at("epochs").get<std::int64_t>();
    options = {.learning_rate = settings.at("learning_rate").get<double>(),
               .weight_decay = settings.at("weight_decay").get<double>(),
               .batch_size = settings.at("batch_size").get<std::int64_t>()};
    start = draw_factors(source.view().users(),
                         source_items + world.at("n_target_items").get<std::size_t>(),
                         10,
                         settings.at("init_std").get<double>(),
                         Rng(5));
  }

  Json reference;
  RatingTriples triples;
  std::int64_t epochs = 0;
  AdamFactorOptions options;
  FactorTables start;
};

class GoldenAdamFactors : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenAdamFactors, TablesAreTheReferences) {
  const GoldenFactors golden(GetParam());
  const FactorTables fitted =
      fit_adam_factors(golden.start, golden.triples, golden.epochs, golden.options, Rng(5));
  expect_close(fitted.users, golden.reference.at("users"), "user element");
  expect_close(fitted.items, golden.reference.at("items"), "item element");
}

TEST_P(GoldenAdamFactors, LossesOfTheEpochsAreTheReferences) {
  const GoldenFactors golden(GetParam());
  OwnTable users(golden.start.users);
  OwnTable items(golden.start.items);
  std::vector<double> losses;
  std::int64_t steps = 0;
  for (std::int64_t epoch = 1; epoch <= golden.epochs; ++epoch) {
    std::vector<std::int64_t> order = in_order(golden.triples.rows());
    Rng shuffling = Rng(5).fork("order", static_cast<std::uint64_t>(epoch));
    shuffle(std::span(order), shuffling);
    losses.push_back(train_factor_epoch(
        users.view(), items.view(), golden.triples, order, golden.options, steps));
  }
  expect_close(losses, golden.reference.at("losses"), "loss of epoch");
}

INSTANTIATE_TEST_SUITE_P(AllCases,
                         GoldenAdamFactors,
                         ::testing::Values("factors-dense", "factors-decay", "factors-rare"),
                         [](const auto& name) {
                           return name.param.substr(std::string("factors-").size());
                         });

// Adam as torch runs it: every row of both tables moves in every step. In double.
class DenseAdam {
 public:
  DenseAdam(const std::vector<float>& start, double learning_rate, double weight_decay)
      : values(start.begin(), start.end()),
        gradient(start.size()),
        first_(start.size()),
        second_(start.size()),
        learning_rate_(learning_rate),
        weight_decay_(weight_decay) {}

  void step() {
    ++steps_;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double g = gradient[i] + weight_decay_ * values[i];
      first_[i] = 0.9 * first_[i] + 0.1 * g;
      second_[i] = 0.999 * second_[i] + 0.001 * g * g;
      const double mean = first_[i] / (1.0 - std::pow(0.9, steps_));
      const double square = second_[i] / (1.0 - std::pow(0.999, steps_));
      values[i] -= learning_rate_ * mean / (std::sqrt(square) + 1e-8);
      gradient[i] = 0.0;
    }
  }

  std::vector<double> values;
  std::vector<double> gradient;

 private:
  std::vector<double> first_;
  std::vector<double> second_;
  double learning_rate_;
  double weight_decay_;
  int steps_ = 0;
};

constexpr std::size_t kWidth = 3;

// One epoch of single rows: 500 of user 1 and item 1 between a first and a last of user 0 and
// item 0, which so go without gradient for 500 steps. User 2 and item 2 have no rating.
RatingTriples rare_ratings() {
  RatingTriples triples;
  const auto add = [&](std::int32_t number, float rating) {
    triples.users.push_back(number);
    triples.items.push_back(number);
    triples.ratings.push_back(rating);
    triples.weights.push_back(number == 0 ? 0.5F : 1.0F);
  };
  add(0, 5.0F);
  for (int i = 0; i < 500; ++i) {
    add(1, 1.0F + static_cast<float>(i % 5));
  }
  add(0, 2.0F);
  return triples;
}

std::vector<double> dense_reference(const std::vector<float>& start,
                                    const RatingTriples& triples,
                                    double weight_decay) {
  DenseAdam users(start, 0.01, weight_decay);
  DenseAdam items(start, 0.01, weight_decay);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (std::size_t row = 0; row < triples.rows(); ++row) {
      const std::size_t at = static_cast<std::size_t>(triples.users[row]) * kWidth;
      double error = -triples.ratings[row];
      for (std::size_t i = at; i < at + kWidth; ++i) {
        error += users.values[i] * items.values[i];
      }
      for (std::size_t i = at; i < at + kWidth; ++i) {
        users.gradient[i] = 2.0 * triples.weights[row] * error * items.values[i];
        items.gradient[i] = 2.0 * triples.weights[row] * error * users.values[i];
      }
      users.step();
      items.step();
    }
  }
  return users.values;
}

TEST(TrainFactorEpoch, ReplayedStepsEqualDenseAdamOnRowsThatAreRarelyRated) {
  const RatingTriples triples = rare_ratings();
  const std::vector<float> start{0.9F, -0.3F, 0.4F, 0.5F, 0.8F, -0.6F, 0.7F, 0.2F, 0.1F};
  for (const double weight_decay : {0.0, 0.001}) {
    OwnTable users(start, kWidth);
    OwnTable items(start, kWidth);
    std::int64_t steps = 0;
    for (int epoch = 0; epoch < 2; ++epoch) {
      train_factor_epoch(users.view(),
                         items.view(),
                         triples,
                         in_order(triples.rows()),
                         {.weight_decay = weight_decay, .batch_size = 1},
                         steps);
    }
    EXPECT_EQ(steps, 1004);
    const std::vector<double> wanted = dense_reference(start, triples, weight_decay);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      // A thousand steps in float: 1e-7 each, and they add up.
      EXPECT_NEAR(users.values[i], wanted[i], 1e-4) << "element " << i << ", L2 " << weight_decay;
    }
  }
}

TEST(TrainFactorEpoch, LazyRowsOutsideTheBatchStayWhereTheyAre) {
  const RatingTriples triples = rare_ratings();
  const std::vector<float> start{0.9F, -0.3F, 0.4F, 0.5F, 0.8F, -0.6F, 0.7F, 0.2F, 0.1F};
  OwnTable users(start, kWidth);
  OwnTable items(start, kWidth);
  std::int64_t steps = 0;
  const std::vector<std::int64_t> first_and_others{0, 1, 2, 3};
  train_factor_epoch(users.view(),
                     items.view(),
                     triples,
                     first_and_others,
                     {.learning_rate = 0.25, .batch_size = 1, .lazy = true},
                     steps);
  // One step of user 0: r = 5 is above u . v = 1.06, so it moves by the step size along the item.
  EXPECT_NEAR(users.values[0], 1.15F, 1e-5);
  EXPECT_NEAR(users.values[1], -0.55F, 1e-5);
  EXPECT_NEAR(users.values[2], 0.65F, 1e-5);
}

TEST(FitAdamFactors, WhoeverHasNoRatingKeepsItsDrawUnlessWeightDecayMovesIt) {
  const FactorTables start = draw_factors(3, 3, kWidth, 1.0, Rng(1));
  const auto unrated = [&](double weight_decay) {
    const FactorTables fitted = fit_adam_factors(
        start, rare_ratings(), 1, {.weight_decay = weight_decay, .batch_size = 50}, Rng(1));
    return std::vector<float>(fitted.users.end() - kWidth, fitted.users.end());
  };
  const std::vector<float> drawn(start.users.end() - kWidth, start.users.end());
  EXPECT_EQ(unrated(0.0), drawn);
  EXPECT_NE(unrated(0.01), drawn);
}

TEST(FitAdamFactors, ALossThatIsNoNumberNamesEpochAndStepSize) {
  const FactorTables start{.dimension = 1, .users = {1e30F}, .items = {1e30F}};
  const RatingTriples one{.users = {0}, .items = {0}, .ratings = {4.0F}, .weights = {1.0F}};
  expect_error(ErrorKind::kNumeric,
               "epoch 1: the loss is inf; lower the learning rate (now 0.01)",
               [&] { static_cast<void>(fit_adam_factors(start, one, 1, {}, Rng(1))); });
}

TEST(FitAdamFactors, ATrainingThatDivergesIsNoResult) {
  const FactorTables start{.dimension = 1, .users = {30.0F}, .items = {30.0F}};
  const RatingTriples one{.users = {0}, .items = {0}, .ratings = {4.0F}, .weights = {1.0F}};
  expect_error(ErrorKind::kNumeric,
               "epoch 1: the loss is 8.03e+05; lower the learning rate (now 0.01)",  // (900 - 4)^2
               [&] { static_cast<void>(fit_adam_factors(start, one, 1, {}, Rng(1))); });
}

TEST(AppendTriples, KeepsTheOrderOfTheRatingsAndMovesTheItems) {
  const Ratings ratings{{0, 2, 2, 3}, {ItemId{0}, ItemId{4}, ItemId{1}}, {5, 4, 3}};
  RatingTriples triples;
  append_triples(triples, ratings.view());
  append_triples(triples, ratings.view(), 10, 0.5F);
  EXPECT_THAT(triples.users, ElementsAre(0, 0, 2, 0, 0, 2));
  EXPECT_THAT(triples.items, ElementsAre(0, 4, 1, 10, 14, 11));
  EXPECT_THAT(triples.ratings, ElementsAre(5, 4, 3, 5, 4, 3));
  EXPECT_THAT(triples.weights, ElementsAre(1, 1, 1, 0.5F, 0.5F, 0.5F));
}

}  // namespace
}  // namespace crossfade
