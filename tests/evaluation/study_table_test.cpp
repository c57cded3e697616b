// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/study_table.h"

#include <sstream>

#include <gtest/gtest.h>

#include "crossfade/core/json.h"

namespace crossfade {
namespace {

SeedResult result(const std::string& model, std::uint64_t seed, double rmse) {
  const MetricSet all{
      .mae = rmse - 0.2, .rmse = rmse, .ndcg = 0.9, .ndcg_random = 0.8, .rows = 100, .users = 10};
  return {.model = model, .seed = seed, .test_oracle = false, .groups = {{kAllRows, all}}};
}

CellSummary cell(const std::string& task, const std::string& point, double gain) {
  return {task,
          point,
          summarize({result("bias-transfer", 1, 0.94),
                     result("bias-transfer", 2, 0.96),
                     result("music", 1, 0.94 - gain),
                     result("music", 2, 0.96 - gain - 0.0001)},
                    Role::kTest,
                    {})};
}

TEST(StudyTable, HasTablesForEveryTaskWithItsPointsSideBySide) {
  EXPECT_EQ(to_text({cell("books", "beta 0.2", 0.02),
                     cell("books", "beta 0.5", 0.0),
                     cell("films", "", 0.01)}),
            "books\n"
            "\n"
            "model          RMSE, beta 0.2     diff.  RMSE, beta 0.5     diff.\n"
            "-------------  --------------  --------  --------------  --------\n"
            "bias-transfer          0.9500         -          0.9500         -\n"
            "music                  0.9299  -2.11 %°          0.9499  -0.01 %\n"
            "\n"
            "model          MAE, beta 0.2  MAE, beta 0.5\n"
            "-------------  -------------  -------------\n"
            "bias-transfer         0.7500         0.7500\n"
            "music                 0.7299         0.7500\n"
            "\n"
            "Means over 2 seeds. diff.: RMSE against bias-transfer; ° p < 0.05 by the paired "
            "t-test.\n"
            "\n"
            "films\n"
            "\n"
            "model            RMSE     diff.\n"
            "-------------  ------  --------\n"
            "bias-transfer  0.9500         -\n"
            "music          0.9399  -1.06 %°\n"
            "\n"
            "model             MAE\n"
            "-------------  ------\n"
            "bias-transfer  0.7500\n"
            "music          0.7399\n"
            "\n"
            "Means over 2 seeds. diff.: RMSE against bias-transfer; ° p < 0.05 by the paired "
            "t-test.\n");
}

TEST(StudyTable, SaysOnceWhichRowsCountAndHowMany) {
  CellSummary paper = cell("books", "unseen_items paper", 0.02);
  CellSummary sane = cell("books", "unseen_items sane", 0.02);
  paper.summary.config.rows = "unseen-items";
  sane.summary.config.rows = "unseen-items";
  sane.summary.config.unseen_items = "sane";
  const std::string rows =
      "rows = unseen-items: only ratings of items that no training user rated.\n"
      "unseen_items = sane: an item that a model has nothing trained for is scored as the average "
      "item.\n";
  const std::string same = to_text({paper, sane});
  EXPECT_TRUE(
      same.ends_with("t-test.\nEach seed: 100 ratings of 10 cold-start test users.\n" + rows))
      << same;
  for (ModelSummary& model : sane.summary.models) {
    model.groups[0].rows = {.least = 90, .most = 91};
  }
  const std::string different = to_text({paper, sane});
  EXPECT_TRUE(different.ends_with("t-test.\n" + rows)) << different;
}

TEST(StudyTable, MarkdownHasAHeadingPerTask) {
  const std::string text = to_markdown({cell("books", "", 0.02), cell("films", "", 0.01)});
  EXPECT_NE(text.find("### books\n\n| model"), std::string::npos);
  EXPECT_NE(text.find("### films\n\n| model"), std::string::npos);
}

TEST(StudyTable, JsonLinesNameTaskAndPoint) {
  std::istringstream lines(
      to_json_lines({cell("books", "beta 0.2", 0.02), cell("films", "", 0.01)}));
  std::vector<Json> rows;
  for (std::string line; std::getline(lines, line);) {
    rows.push_back(Json::parse(line));
  }
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[1]["task"], "books");
  EXPECT_EQ(rows[1]["point"], "beta 0.2");
  EXPECT_EQ(rows[1]["model"], "music");
  EXPECT_EQ(rows[3]["task"], "films");
}

TEST(StudyTable, NothingIsNoTable) {
  EXPECT_EQ(to_text(std::vector<CellSummary>{}), "");
}

}  // namespace
}  // namespace crossfade
