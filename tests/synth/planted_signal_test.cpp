// SPDX-License-Identifier: Apache-2.0
//
// Reads a sample and its truth as a stranger would, and asks whether each source of knowledge
// tells what was planted.
#include <cmath>
#include <map>
#include <set>
#include <span>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "crossfade/core/npy.h"
#include "crossfade/synth/synth.h"

#include "tests/core/temp_directory.h"
#include "tests/synth/sample_files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::read_jsonl;
using testing::read_lines;

constexpr std::size_t kTastes = 6;

std::map<std::string, std::size_t> rows_of(const fs::path& ids) {
  std::map<std::string, std::size_t> rows;
  for (const std::string& id : read_lines(ids)) {
    rows.emplace(id, rows.size());
  }
  return rows;
}

std::vector<float> matrix(const fs::path& file) {
  const NpyFile npy(file);
  const std::span<const float> values = npy.values<float>();
  return {values.begin(), values.end()};
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    syy += y[i] * y[i];
    sxy += x[i] * y[i];
  }
  return (n * sxy - sx * sy) / std::sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
}

class PlantedSignal : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new testing::TempDirectory;
    SynthConfig config;
    config.users = 200;
    config.min_reviews = 10;
    config.reviews_per_user = 20;
    config.source_items = 200;
    config.target_items = 300;
    config.blemishes = {0, 0, 0, 0, 0, 0, 0, 0};
    synthesize(config, *directory_ / "out", {});
    reviews_ = read_jsonl(*directory_ / "out/target_reviews.jsonl");
    items_ = read_jsonl(*directory_ / "out/target_items.jsonl");
    truth_ = Json::parse(read_file(*directory_ / "out/truth/truth.json"));
    user_rows_ = rows_of(truth("users.txt"));
    item_rows_ = rows_of(truth("items_target.txt"));
    user_tastes_ = matrix(truth("user_taste_target.npy"));
    item_tastes_ = matrix(truth("item_taste_target.npy"));
  }

  static void TearDownTestSuite() { delete directory_; }

  static fs::path truth(const std::string& name) { return *directory_ / "out/truth" / name; }

  static double item_latent(const Json& row, std::size_t taste) {
    return static_cast<double>(item_tastes_[item_rows_.at(row["parent_asin"]) * kTastes + taste]);
  }

  static double user_latent(const Json& row, std::size_t taste) {
    return static_cast<double>(user_tastes_[user_rows_.at(row["user_id"]) * kTastes + taste]);
  }

  // Words of topic 2j less words of topic 2j + 1.
  static double topic_balance(const std::string& text, std::size_t taste) {
    double balance = 0.0;
    for (const std::size_t sign : {0U, 1U}) {
      for (const std::string word : truth_["target"]["topic_words"][2 * taste + sign]) {
        for (std::size_t at = text.find(word); at != std::string::npos;
             at = text.find(word, at + 1)) {
          balance += sign == 0 ? 1.0 : -1.0;
        }
      }
    }
    return balance;
  }

  static testing::TempDirectory* directory_;
  static std::vector<Json> reviews_;
  static std::vector<Json> items_;
  static Json truth_;
  static std::map<std::string, std::size_t> user_rows_;
  static std::map<std::string, std::size_t> item_rows_;
  static std::vector<float> user_tastes_;
  static std::vector<float> item_tastes_;
};

testing::TempDirectory* PlantedSignal::directory_ = nullptr;
std::vector<Json> PlantedSignal::reviews_;
std::vector<Json> PlantedSignal::items_;
Json PlantedSignal::truth_;
std::map<std::string, std::size_t> PlantedSignal::user_rows_;
std::map<std::string, std::size_t> PlantedSignal::item_rows_;
std::vector<float> PlantedSignal::user_tastes_;
std::vector<float> PlantedSignal::item_tastes_;

TEST_F(PlantedSignal, RatingsFollowTasteBeyondTheBiases) {
  const std::vector<float> user_biases = matrix(truth("user_bias.npy"));
  const std::vector<float> item_biases = matrix(truth("item_bias_target.npy"));
  double with_taste = 0.0;
  double biases_only = 0.0;
  for (const Json& review : reviews_) {
    const double rating = review["rating"];
    const double base = 3.7 +
                        static_cast<double>(user_biases[user_rows_.at(review["user_id"]) * 2 + 1]) +
                        static_cast<double>(item_biases[item_rows_.at(review["parent_asin"])]);
    double taste = 0.0;
    for (std::size_t j = 0; j < kTastes; ++j) {
      taste += user_latent(review, j) * item_latent(review, j);
    }
    const double full = base + 0.8 * taste / std::sqrt(6.0);
    with_taste += (rating - full) * (rating - full);
    biases_only += (rating - base) * (rating - base);
  }
  const double rmse = std::sqrt(with_taste / static_cast<double>(reviews_.size()));
  const double bias_rmse = std::sqrt(biases_only / static_cast<double>(reviews_.size()));
  // The noise 0.5 and the rounding sqrt(1/12) make 0.58; clipping at 5 moves it a little.
  EXPECT_NEAR(rmse, 0.58, 0.08);
  EXPECT_GT(bias_rmse, 1.3 * rmse);
}

TEST_F(PlantedSignal, DescriptionsTellTheFirstTastesAndHideTheLast) {
  for (std::size_t taste = 0; taste < kTastes; ++taste) {
    std::vector<double> latents;
    std::vector<double> balances;
    for (const Json& item : items_) {
      latents.push_back(item_latent(item, taste));
      balances.push_back(topic_balance(item["description"][0], taste));
    }
    if (taste < 4) {
      EXPECT_GT(correlation(latents, balances), 0.6) << taste;
    } else {
      // The words of the last topics do not even occur.
      EXPECT_EQ(std::ranges::count(balances, 0.0), 300) << taste;
    }
  }
}

TEST_F(PlantedSignal, CategoriesAreTheStrongestTopicTextsTell) {
  for (const Json& item : items_) {
    std::size_t strongest = 0;
    for (std::size_t taste = 1; taste < 4; ++taste) {
      if (std::abs(item_latent(item, taste)) > std::abs(item_latent(item, strongest))) {
        strongest = taste;
      }
    }
    const std::size_t topic = 2 * strongest + (item_latent(item, strongest) < 0.0 ? 1 : 0);
    std::string category = item["categories"][1];
    category[0] = static_cast<char>(category[0] - 'A' + 'a');
    EXPECT_EQ(category, truth_["target"]["topic_words"][topic][0]);
  }
}

TEST_F(PlantedSignal, ImagesTellTheLastTastes) {
  std::vector<double> warmth_latents;
  std::vector<double> warmth;
  std::vector<double> brightness_latents;
  std::vector<double> brightness;
  for (const Json& item : items_) {
    const std::string name = item["images"][0]["large"];
    const cv::Scalar colour =
        cv::mean(cv::imread((*directory_ / "out" / name).string(), cv::IMREAD_COLOR));
    warmth_latents.push_back(item_latent(item, 5));
    warmth.push_back(colour[2] - colour[0]);
    brightness_latents.push_back(item_latent(item, 4));
    brightness.push_back(colour[0] + colour[2]);
  }
  EXPECT_NEAR(correlation(warmth_latents, warmth), 0.9, 0.06);  // image_signal
  EXPECT_NEAR(correlation(brightness_latents, brightness), 0.9, 0.06);
}

TEST_F(PlantedSignal, AUsersReviewsTellTheTasteInEveryDimension) {
  for (std::size_t taste = 0; taste < kTastes; ++taste) {
    std::map<std::string, double> balances;
    std::map<std::string, double> latents;
    for (const Json& review : reviews_) {
      balances[review["user_id"]] += topic_balance(review["text"], taste);
      latents[review["user_id"]] = user_latent(review, taste);
    }
    std::vector<double> x;
    std::vector<double> y;
    for (const auto& [user, latent] : latents) {
      x.push_back(latent);
      y.push_back(balances[user]);
    }
    EXPECT_GT(correlation(x, y), 0.6) << taste;
  }
}

TEST_F(PlantedSignal, SentimentTellsTheRating) {
  std::vector<double> ratings;
  std::vector<double> praised;
  const std::set<std::string> praise = {"Great", "Excellent", "Wonderful", "Love", "Perfect"};
  const std::set<std::string> complaint = {"Poor", "Awful", "Boring", "Terrible", "Waste"};
  for (const Json& review : reviews_) {
    const std::string title = review["title"];
    const std::string first = title.substr(0, title.find(' '));
    if (praise.contains(first) || complaint.contains(first)) {
      ratings.push_back(review["rating"]);
      praised.push_back(praise.contains(first) ? 1.0 : 0.0);
    }
  }
  EXPECT_GT(correlation(ratings, praised), 0.4);
}

TEST_F(PlantedSignal, TheTruthStatesSettingsAndCounts) {
  EXPECT_EQ(truth_["settings"]["users"], 200);
  EXPECT_EQ(truth_["settings"]["blemishes"]["html"], 0.0);
  EXPECT_EQ(truth_["users"]["overlap"], 80);
  EXPECT_EQ(truth_["target"]["reviews"], reviews_.size());
  EXPECT_EQ(truth_["text_tastes"], Json({0, 4}));
  EXPECT_EQ(truth_["image_tastes"], Json({3, 6}));
  EXPECT_EQ(user_tastes_.size(), 200 * kTastes);
  EXPECT_EQ(item_tastes_.size(), 300 * kTastes);
  EXPECT_EQ(matrix(truth("rotation.npy")).size(), kTastes * kTastes);
}

}  // namespace
}  // namespace crossfade
