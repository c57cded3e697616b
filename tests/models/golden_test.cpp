// SPDX-License-Identifier: Apache-2.0
//
// The baselines against references in PyTorch (tools/golden): from the same weights, the
// same rows in the same batches must give the same losses and scores.
#include "tests/support/golden.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/models/score.h"
#include "crossfade/training/trainer.h"

namespace crossfade {
namespace {

using testing::expect_close;
using testing::floats;
using testing::golden_ratings;
using testing::read_golden;

std::vector<Role> golden_roles(const Json& world) {
  std::vector<Role> roles;
  for (const auto role : world.at("roles").get<std::vector<int>>()) {
    roles.push_back(static_cast<Role>(role));
  }
  return roles;
}

Backbone golden_backbone(const Json& world, const std::string& name) {
  const auto domain = [&](const std::string& side) {
    const auto table = [&](const std::string& what) {
      return floats(world.at(name + "." + side + "." + what));
    };
    return DomainFactors{.width = world.at("width").get<std::size_t>(),
                         .users = table("users"),
                         .items = table("items"),
                         .offsets = table("offsets")};
  };
  return {.source = domain("source"), .target = domain("target")};
}

// documents.json, whose words the spans of `documents` look into.
class GoldenDocuments {
 public:
  explicit GoldenDocuments(const Json& json)
      : counts_(json.at("counts").get<std::vector<std::int64_t>>()),
        reviews_(json.at("reviews").get<std::vector<std::int64_t>>()) {
    for (const auto& word : json.at("words").get<std::vector<std::string>>()) {
      bytes_.insert(bytes_.end(), word.begin(), word.end());
      offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
    }
    set.spelling_bytes = bytes_;
    set.spelling_offsets = offsets_;
    set.counts = counts_;
    set.reviews = reviews_;
    for (const Domain domain : kDomains) {
      for (const ReviewField field : kReviewFields) {
        const Json& part = json.at(std::string(name_of(domain))).at(std::string(name_of(field)));
        fields_.push_back({part.at("offsets").get<std::vector<std::int64_t>>(),
                           part.at("words").get<std::vector<std::int32_t>>()});
        set.fields[domain][static_cast<std::size_t>(field)] = {.offsets = fields_.back().offsets,
                                                               .words = fields_.back().words};
      }
    }
  }

  DocumentSet set;

 private:
  struct Field {
    std::vector<std::int64_t> offsets;
    std::vector<std::int32_t> words;
  };

  std::vector<std::uint8_t> bytes_;
  std::vector<std::int64_t> offsets_{0};
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> reviews_;
  std::deque<Field> fields_;
};

class Golden : public ::testing::TestWithParam<std::string> {
 protected:
  Golden() { configure_torch(); }

  [[nodiscard]] std::unique_ptr<Model> untrained() const {
    const TomlTable settings = parse_toml(case_.at("settings").get<std::string>(), GetParam());
    return make_model(
        find_model(case_.at("model").get<std::string>()), data_, settings, {.rng = Rng(11)});
  }

  // Puts the reference's initial weights in the place of the model's own.
  void load_weights(Model& model) const {
    auto parameters = model.module().named_parameters();
    for (const auto& [name, weight] : case_.at("initial").items()) {
      torch::Tensor* parameter = parameters.find(name);
      ASSERT_NE(parameter, nullptr) << name;
      ASSERT_EQ(parameter->sizes().vec(), weight.at("shape").get<std::vector<std::int64_t>>())
          << name;
      copy_into(*parameter, floats(weight.at("values")));
    }
  }

  [[nodiscard]] std::vector<float> scores(Model& model) const {
    std::vector<UserId> users;
    for (const auto user : case_.at("users").get<std::vector<std::int32_t>>()) {
      users.push_back(UserId{user});
    }
    std::vector<ItemId> items;
    for (const auto item : case_.at("items").get<std::vector<std::int32_t>>()) {
      items.push_back(ItemId{item});
    }
    std::vector<float> out(users.size());
    model.score(users, items, out);
    return out;
  }

  Json case_ = read_golden(GetParam());
  Json world_ = read_golden("world");
  Ratings source_ = golden_ratings(world_.at("source"));
  Ratings target_ = golden_ratings(world_.at("target"));
  std::vector<Role> roles_ = golden_roles(world_);
  Backbone backbone_ = golden_backbone(world_, case_.at("backbone").get<std::string>());
  GoldenDocuments documents_{read_golden("documents")};
  TrainingData data_{.source = source_.view(),
                     .target = target_.view(),
                     .n_source_items = world_.at("n_source_items").get<std::size_t>(),
                     .n_target_items = world_.at("n_target_items").get<std::size_t>(),
                     .roles = roles_,
                     .documents = &documents_.set,
                     .backbone = &backbone_};
};

TEST_P(Golden, FromTheSameStartTrainingGivesTheReferencesLossesAndScores) {
  const std::unique_ptr<Model> model = untrained();
  load_weights(*model);
  expect_close(scores(*model), case_.at("scores_before"), "score before training");

  std::vector<std::vector<double>> losses;
  TrainOptions options;
  options.rng = Rng(5);
  options.on_epoch = [&](const EpochReport& report) {
    if (report.epoch == 1) {
      losses.emplace_back();
    }
    losses.back().push_back(report.loss);
  };
  train(*model, options);

  const Json& wanted = case_.at("losses");
  ASSERT_EQ(losses.size(), wanted.size());
  for (std::size_t phase = 0; phase < losses.size(); ++phase) {
    expect_close(losses[phase], wanted[phase], "loss of an epoch");
  }
  expect_close(scores(*model), case_.at("scores"), "score");
}

INSTANTIATE_TEST_SUITE_P(Baselines,
                         Golden,
                         ::testing::Values("cmf",
                                           "cmf-weighted",
                                           "emcdr-linear",
                                           "emcdr-mlp",
                                           "sscdr-published",
                                           "sscdr-paper",
                                           "lacdr",
                                           "lacdr-nonoverlap",
                                           "ptupcdr",
                                           "ptupcdr-biased",
                                           "diffcdr-affine",
                                           "diffcdr-relu",
                                           "dcdcsr",
                                           "dcdcsr-biased",
                                           "catn",
                                           "catn-off",
                                           "catn-released",
                                           "omnimatch",
                                           "omnimatch-epoch"),
                         [](const auto& reference) {
                           std::string name = reference.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace crossfade
