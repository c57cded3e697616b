// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/study.h"

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using testing::expect_error;

class StudyFile : public ::testing::Test {
 protected:
  StudyFile() {
    write_file(directory_ / "books.toml", "out = \"own\"\nseeds = [9]\n[ingest]\nmin_words = 3\n");
    write_file(directory_ / "films.toml", "seeds = [9]\n[dataset]\nbeta = 0.1\n");
  }

  std::optional<Study> load(const std::string& text, const std::vector<std::string>& set = {}) {
    write_file(directory_ / "study.toml", text);
    return load_study(directory_ / "study.toml", set);
  }

  std::string at(const std::string& where) { return (directory_ / "study.toml").string() + where; }

  testing::TempDirectory directory_;
};

TEST_F(StudyFile, RunsEveryTaskAtEveryPoint) {
  const auto study = load(R"(
tasks = ["books.toml", "films.toml"]
out = "all"
seeds = [1, 2]
models = ["constant", "emcdr+"]
vary."dataset.beta" = [0.2, 0.8]
vary."training.select" = ["val", "last"]
)",
                          {"dataset.validation=0.3"});
  ASSERT_TRUE(study.has_value());
  ASSERT_EQ(study->cells.size(), 8U);
  const StudyCell& cell = study->cells[5];
  EXPECT_EQ(cell.task, "films");
  EXPECT_EQ(cell.point, "beta 0.2, select last");
  EXPECT_EQ(cell.recipe.out, "all/films/beta-0.2-select-last");
  EXPECT_EQ(layout_of(cell.recipe).ingest(), "all/films/ingest");
  EXPECT_EQ(layout_of(cell.recipe).model("emcdr+", 1),
            "all/films/beta-0.2-select-last/models/emcdr+/seed-1");
  EXPECT_EQ(cell.recipe.dataset.beta, 0.2);
  EXPECT_EQ(cell.recipe.dataset.validation, 0.3);
  EXPECT_EQ(cell.recipe.training.select, "last");
  EXPECT_EQ(cell.recipe.seeds, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(study->cells[0].recipe.ingest.min_words, 3);
}

TEST_F(StudyFile, WithoutAnythingThatVariesATaskIsOneRun) {
  const auto study = load("tasks = [\"books.toml\"]\nout = \"all\"\n");
  ASSERT_EQ(study->cells.size(), 1U);
  EXPECT_EQ(study->cells[0].point, "");
  EXPECT_EQ(study->cells[0].recipe.out, "all/books");
  EXPECT_EQ(layout_of(study->cells[0].recipe).dataset(), "all/books/dataset");
}

TEST_F(StudyFile, PointsThatReadOtherRowsHaveTablesOfTheirOwn) {
  const auto study = load("tasks = [\"books.toml\"]\nvary.\"ingest.min_words\" = [1, 5]\n");
  ASSERT_EQ(study->cells.size(), 2U);
  EXPECT_EQ(layout_of(study->cells[0].recipe).ingest(), "runs/study/books/min_words-1/ingest");
}

TEST_F(StudyFile, PointsThatAreOnlyJudgedInAnotherWayShareOneRun) {
  const auto study = load(R"(
tasks = ["books.toml", "films.toml"]
vary."dataset.beta" = [0.2, 0.8]
vary."evaluation.unseen_items" = ["paper", "sane"]
)");
  ASSERT_EQ(study->cells.size(), 8U);
  const StudyCell& first = study->cells[2];
  const StudyCell& second = study->cells[3];
  EXPECT_EQ(first.point, "beta 0.8, unseen_items paper");
  EXPECT_EQ(second.point, "beta 0.8, unseen_items sane");
  EXPECT_EQ(first.recipe.out, "runs/study/books/beta-0.8");
  EXPECT_EQ(second.recipe.out, first.recipe.out);
  EXPECT_EQ(layout_of(second.recipe).ingest(), "runs/study/books/ingest");
  EXPECT_EQ(second.recipe.evaluation.unseen_items, "sane");
  for (std::size_t n = 0; n < study->cells.size(); ++n) {
    EXPECT_EQ(study->cells[n].judged_only, n % 2 == 1) << n;
  }
}

TEST_F(StudyFile, WhenOnlyTheEvaluationVariesATaskIsOneRun) {
  const auto study =
      load("tasks = [\"books.toml\"]\nvary.\"evaluation.clip\" = [\"false\", \"true\"]\n");
  ASSERT_EQ(study->cells.size(), 2U);
  EXPECT_EQ(study->cells[0].recipe.out, "runs/study/books");
  EXPECT_EQ(layout_of(study->cells[1].recipe).dataset(), "runs/study/books/dataset");
  EXPECT_FALSE(study->cells[0].judged_only);
  EXPECT_TRUE(study->cells[1].judged_only);
}

TEST_F(StudyFile, ARecipeIsNoStudy) {
  EXPECT_FALSE(load("seeds = [1]\n").has_value());
}

TEST_F(StudyFile, ErrorsNameTheLine) {
  expect_error(ErrorKind::kUsage, at(":2: tasks is empty; name at least one"), [&] {
    load("out = \"x\"\ntasks = []\n");
  });
  expect_error(ErrorKind::kUsage, at(":1: tasks must be a list of recipes"), [&] {
    load("tasks = \"books.toml\"\n");
  });
  expect_error(ErrorKind::kUsage,
               at(":1: two tasks are called books; their runs need directories of their own"),
               [&] { load("tasks = [\"books.toml\", \"./books.toml\"]\n"); });
  expect_error(
      ErrorKind::kUsage,
      at(":2: dataset.beta must be a list of numbers or texts, such as vary.\"dataset.beta\" = "
         "[0.2, 0.5]"),
      [&] { load("tasks = [\"books.toml\"]\nvary.\"dataset.beta\" = 0.5\n"); });
  expect_error(ErrorKind::kUsage, "vary dataset.beta=2: beta = 2 is outside [0, 1]", [&] {
    load("tasks = [\"books.toml\"]\nvary.\"dataset.beta\" = [2]\n");
  });
  expect_error(ErrorKind::kUsage,
               at(": two points of vary have the name beta-0.2; name every value once"),
               [&] { load("tasks = [\"books.toml\"]\nvary.\"dataset.beta\" = [0.2, 0.2]\n"); });
  expect_error(ErrorKind::kIo,
               (directory_ / "nope.toml").string() + ": No such file or directory",
               [&] { load("tasks = [\"nope.toml\"]\n"); });
}

}  // namespace
}  // namespace crossfade
