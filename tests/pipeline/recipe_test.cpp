// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/recipe.h"

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using testing::expect_error;
using testing::TempDirectory;

Recipe parse(const std::string& text) {
  return make_recipe(parse_toml(text, "r.toml"));
}

TEST(Recipe, PrintedAndReadAgainIsTheSame) {
  const Recipe recipe = parse(R"(
seeds = [1, 2]
models = ["constant", "music", "small"]
[ingest.source]
query = "SELECT 'a\"b' AS x"
[model.small]
base = "music"
without_side = true
[model.small.side]
epochs = 3
)");
  const std::string text = to_text(recipe, true);
  EXPECT_EQ(to_text(parse(text), true), text);
  EXPECT_EQ(to_text(parse(to_text(recipe, false)), true), text);
  EXPECT_EQ(recipe.rows[2].entry->name, "music");
}

TEST(Recipe, AnAssignmentWinsOverTheFile) {
  const TempDirectory directory;
  write_file(directory / "r.toml", "seeds = [1]\n[dataset]\nbeta = 0.2\n");
  const Recipe recipe = load_recipe(directory / "r.toml", {"dataset.beta=0.8", "out=/x/y"});
  EXPECT_EQ(recipe.dataset.beta, 0.8);
  EXPECT_EQ(recipe.out, "/x/y");
  EXPECT_EQ(recipe.seeds, std::vector<std::int64_t>{1});
}

TEST(Recipe, ErrorsNameFileAndLine) {
  expect_error(ErrorKind::kUsage,
               "r.toml:2: betta is not a setting of this table; `crossfade config` prints them all",
               [] { parse("[dataset]\nbetta = 0.5\n"); });
  expect_error(ErrorKind::kUsage, "r.toml:2: beta = 7 is outside [0, 1]", [] {
    parse("[dataset]\nbeta = 7\n");
  });
  expect_error(ErrorKind::kUsage, "r.toml:2: steps = 0 is outside [1, 1000]", [] {
    parse("[model.music.diffusion]\nsteps = 0\n");
  });
  expect_error(ErrorKind::kUsage,
               "r.toml:2: ndcg_gain = \"binary:9\" is not one of: exponential, linear, binary:T "
               "with T above 1 and up to 5",
               [] { parse("[evaluation]\nndcg_gain = \"binary:9\"\n"); });
  expect_error(ErrorKind::kUsage,
               "r.toml:2: rows = \"cold\" is not one of: all, seen-items, unseen-items",
               [] { parse("[evaluation]\nrows = \"cold\"\n"); });
  expect_error(ErrorKind::kUsage,
               "r.toml:2: unseen_items = \"mean\" is not one of: paper, sane",
               [] { parse("[evaluation]\nunseen_items = \"mean\"\n"); });
  expect_error(ErrorKind::kUsage, "r.toml:2: activity_edges = [9, 3] does not ascend", [] {
    parse("[evaluation]\nactivity_edges = [9, 3]\n");
  });
}

TEST(Recipe, AStudyIsNoRecipe) {
  expect_error(ErrorKind::kUsage,
               "r.toml:2: tasks makes this a study of several recipes; only `crossfade run` takes "
               "one",
               [] { parse("seeds = [1]\ntasks = [\"a.toml\"]\n"); });
}

TEST(Recipe, RefusesWhatContradictsItselfBeforeAnythingRuns) {
  expect_error(ErrorKind::kUsage, "models names music twice", [] {
    parse("models = [\"music\", \"music\"]");
  });
  expect_error(ErrorKind::kUsage,
               "evaluation.compare_with = \"cmf\" is not among the models of the run: constant",
               [] { parse("models = [\"constant\"]\n[evaluation]\ncompare_with = \"cmf\"\n"); });
  expect_error(ErrorKind::kUsage,
               "training.select = \"val\" needs validation users; raise dataset.validation (now 0) "
               "or select \"last\"",
               [] { parse("[dataset]\nvalidation = 0.0\n"); });
}

TEST(Recipe, TheDataFolderIsFilledInWhereItIsNamed) {
  Recipe recipe = parse("data = \"/d\"\n[ingest.source]\nreviews = \"{data}/a.csv\"\n");
  EXPECT_EQ(resolved(recipe).ingest.source.reviews, "/d/a.csv");
  recipe.data.clear();
  expect_error(ErrorKind::kUsage,
               "\"{data}/a.csv\" needs the data folder; pass --set data=DIR",
               [&] { static_cast<void>(resolved(recipe)); });
}

}  // namespace
}  // namespace crossfade
