// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/table.h"

#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include "crossfade/core/json.h"

namespace crossfade {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

SeedResult result(const std::string& model, std::uint64_t seed, double mae, double rmse) {
  const MetricSet all{
      .mae = mae, .rmse = rmse, .ndcg = 0.9, .ndcg_random = 0.8512, .rows = 31042, .users = 665};
  const MetricSet unseen{
      .mae = kNan, .rmse = kNan, .ndcg = kNan, .ndcg_random = kNan, .rows = 0, .users = 0};
  return {.model = model,
          .seed = seed,
          .test_oracle = model == "music-paper",
          .groups = {{kAllRows, all}, {"seen items", all}, {"unseen items", unseen}}};
}

Summary two_seeds() {
  return summarize({result("bias-transfer", 1, 0.73, 0.94),
                    result("bias-transfer", 2, 0.74, 0.96),
                    result("music", 1, 0.72, 0.93),
                    result("music", 2, 0.73, 0.948),
                    result("music-paper", 1, 0.9, 1.2)},
                   Role::kTest,
                   {});
}

TEST(Table, TextIsAlignedAndExplained) {
  EXPECT_EQ(
      to_text(two_seeds()),
      "model                      MAE             RMSE          NDCG@20  RMSE vs bias-transfer     "
      "  p  "
      "seeds\n"
      "-------------  ---------------  ---------------  ---------------  ---------------------  "
      "------  "
      "-----\n"
      "bias-transfer  0.7350 ± 0.0071  0.9500 ± 0.0141  0.9000 ± 0.0000                      -     "
      "  -  "
      "    2\n"
      "music          0.7250 ± 0.0071  0.9390 ± 0.0127  0.9000 ± 0.0000                -1.16 %  "
      "0.0577  "
      "    2\n"
      "music-paper *  0.9000 ±      -  1.2000 ±      -  0.9000 ±      -               +27.66 %     "
      "  -  "
      "    1\n"
      "random order                                     0.8512\n"
      "\n"
      "RMSE of        seen items\n"
      "-------------  ----------\n"
      "bias-transfer      0.9500\n"
      "music              0.9390\n"
      "music-paper *      1.2000\n"
      "ratings            31,042\n"
      "\n"
      "Each seed: 31,042 ratings of 665 cold-start test users. Mean ± standard deviation over "
      "seeds.\n"
      "p: paired t-test against bias-transfer over the same seeds.\n"
      "* Epoch chosen on the test users (select = test-oracle), MAE and RMSE each at its own: only "
      "to compare with published tables.\n");
}

TEST(Table, MarkdownHasTheSameCells) {
  const std::string markdown = to_markdown(two_seeds());
  EXPECT_NE(markdown.find("| music         | 0.7250 ± 0.0071 | 0.9390 ± 0.0127 | 0.9000 ± 0.0000 |"
                          "               -1.16 % | 0.0577 |     2 |\n"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("\\* Epoch chosen"), std::string::npos);
}

TEST(Table, WithoutTheComparedModelThereIsNoComparison) {
  const std::string text =
      to_text(summarize({result("music", 1, 0.7, 0.9)}, Role::kValidation, {}));
  EXPECT_EQ(text.find("RMSE vs"), std::string::npos);
  EXPECT_NE(text.find("bias-transfer is not among the models: no comparison.\n"),
            std::string::npos);
  EXPECT_NE(text.find("of 665 pseudo-cold validation users"), std::string::npos);
}

TEST(Table, SaysWhichRowsCountAndHowUnseenItemsAreScored) {
  const std::string text = to_text(summarize({result("music-paper", 1, 0.7, 0.9)},
                                             Role::kTest,
                                             {.rows = "unseen-items", .unseen_items = "sane"}));
  EXPECT_NE(
      text.find("over seeds.\n"
                "rows = unseen-items: only ratings of items that no training user rated.\n"
                "unseen_items = sane: an item that a model has nothing trained for is scored as "
                "the average item.\n"),
      std::string::npos)
      << text;
  // The least MAE over epochs is of all rows and does not stand in this table.
  EXPECT_NE(text.find("(select = test-oracle): only to compare"), std::string::npos);
  EXPECT_EQ(row_notes({.rows = "seen-items"})[0],
            "rows = seen-items: only ratings of items that some training user rated.");
}

TEST(Table, NoLineIsLongerThan110Letters) {
  std::vector<SeedResult> results = {result("bias-transfer", 1, 0.7, 0.9),
                                     result("bias-transfer", 2, 0.7, 0.91)};
  SeedResult longest = result("twenty-letters-long-", 1, 0.7, 0.95);
  for (const char* group : {"least active", "2nd quarter", "3rd quarter", "most active"}) {
    longest.groups.push_back({group, longest.groups[0].metrics});
  }
  results.push_back(longest);
  results.back().seed = 2;
  std::string line;
  for (const char c : to_text(summarize(results, Role::kTest, {}))) {
    line += (static_cast<unsigned char>(c) >> 6) != 2 ? std::string(1, c) : "";
    if (c == '\n') {
      EXPECT_LE(line.size(), 111U) << line;
      line.clear();
    }
  }
}

TEST(Table, JsonLinesCarryEveryNumber) {
  std::istringstream lines(to_json_lines(two_seeds()));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  const Json music = Json::parse(line);
  EXPECT_EQ(music["model"], "music");
  EXPECT_EQ(music["seeds"], Json({1, 2}));
  const Json& rmse = music["groups"]["all"]["rmse"];
  EXPECT_NEAR(rmse["mean"].get<double>(), 0.939, 1e-12);
  EXPECT_NEAR(rmse["sd"].get<double>(), 0.012728, 1e-6);
  EXPECT_NEAR(rmse["percent"].get<double>(), -1.156915, 1e-6);
  EXPECT_NEAR(rmse["p"].get<double>(), 0.0577159, 1e-6);
  EXPECT_EQ(music["groups"]["all"]["rows"], Json({31042, 31042}));
  EXPECT_TRUE(music["groups"]["unseen items"]["rmse"]["mean"].is_null());
}

TEST(Table, NoResultsAreAnEmptyText) {
  EXPECT_EQ(to_text({}), "");
  EXPECT_EQ(to_markdown({}), "");
  EXPECT_EQ(to_json_lines({}), "");
}

}  // namespace
}  // namespace crossfade
