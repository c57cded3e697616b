// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/sample_settings.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::SampleSettings;

SampleSettings applied(const std::string& text) {
  SampleSettings settings;
  apply_toml(settings, parse_toml(text, "recipe.toml"));
  return settings;
}

void expect_refused(const std::string& text, const std::string& message) {
  testing::expect_error(ErrorKind::kUsage, message, [&] { applied(text); });
}

constexpr const char* kHint = " is not a setting of this table; `crossfade config` prints them all";

TEST(Toml, SettingsPrintAndParseToTheSame) {
  SampleSettings settings;
  settings.flag = false;
  settings.count = -3 + 10;
  settings.rate = 0.1 + 0.2;
  settings.mode = "slow";
  settings.numbers = {};
  settings.edges = {1e-300, 1};
  settings.names = {"quote \" backslash \\ newline \n tab \t bell \a é", ""};
  settings.nested.depth = 9;
  for (const bool help : {false, true}) {
    const std::string text = to_toml(settings, "", help);
    const SampleSettings again = applied(text);
    EXPECT_EQ(to_toml(again, "", help), text);
    EXPECT_EQ(again.rate, settings.rate);
    EXPECT_EQ(again.edges, settings.edges);
    EXPECT_EQ(again.names, settings.names);
    EXPECT_EQ(again.nested.depth, 9);
  }
}

TEST(Toml, PrintsHelpAboveSettingsAndTablesLast) {
  EXPECT_EQ(to_toml(SampleSettings{}, "sample"),
            "\n[sample]\n"
            "# Whether.\nflag = true\n"
            "# How many.\ncount = 5\n"
            "# How fast.\nrate = 0.25\n"
            "# Which.\nmode = \"fast\"\n"
            "# Which ones.\nnumbers = [1, 2]\n"
            "# Where.\nedges = [0.5]\n"
            "# Who.\nnames = [\"a\"]\n"
            "\n[sample.nested]\n"
            "# How deep.\ndepth = 3\n");
}

TEST(Toml, AbsentSettingsKeepTheirValues) {
  const SampleSettings settings = applied("count = 7\n[nested]\n");
  EXPECT_EQ(settings.count, 7);
  EXPECT_EQ(settings.rate, 0.25);
  EXPECT_EQ(settings.nested.depth, 3);
}

TEST(Toml, WholeNumbersMayStandForFractions) {
  const SampleSettings settings = applied("rate = 1\nedges = [1, 2]\n");
  EXPECT_EQ(settings.rate, 1.0);
  EXPECT_THAT(settings.edges, ElementsAre(1.0, 2.0));
  EXPECT_THAT(applied("edges = [1, 2.5]").edges, ElementsAre(1.0, 2.5));
}

TEST(Toml, AnEmptyListIsOfAnyType) {
  EXPECT_THAT(applied("numbers = []").numbers, IsEmpty());
  EXPECT_THAT(applied("edges = []").edges, IsEmpty());
  EXPECT_THAT(applied("names = []").names, IsEmpty());
}

TEST(Toml, MistakesAreNamedWithFileAndLine) {
  expect_refused("\ncuont = 7\n", "recipe.toml:2: cuont" + std::string(kHint));
  expect_refused("[nested]\nwidth = 7\n", "recipe.toml:2: width" + std::string(kHint));
  expect_refused("count = \"7\"\n", "recipe.toml:1: count has the wrong type");
  expect_refused("count = 7.5\n", "recipe.toml:1: count has the wrong type");
  expect_refused("flag = 1\n", "recipe.toml:1: flag has the wrong type");
  expect_refused("mode = []\n", "recipe.toml:1: mode has the wrong type");
  expect_refused("numbers = [1.5]\n", "recipe.toml:1: numbers has the wrong type");
  expect_refused("nested = 3\n", "recipe.toml:1: nested must be a table");
  expect_refused("\n\nrate = 7\n", "recipe.toml:3: rate = 7 is outside [0, 1]");
  expect_refused("rate = nan\n", "recipe.toml:1: rate = nan is outside [0, 1]");
  expect_refused("mode = \"warp\"\n", "recipe.toml:1: mode = \"warp\" is not one of: fast, slow");
  expect_refused("numbers = [1, \"two\"]\n", "recipe.toml:1: the elements differ in type");
  expect_refused("count = 2020-01-01\n",
                 "recipe.toml:1: dates and times are not used by any setting");
}

TEST(Toml, TextThatIsNoTomlIsNamedWithItsLine) {
  try {
    static_cast<void>(parse_toml("a = 1\nb = = 2\n", "recipe.toml"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_TRUE(std::string(error.what()).starts_with("recipe.toml:2: ")) << error.what();
  }
}

TEST(Toml, AMissingFileIsNamed) {
  const testing::TempDirectory temp;
  testing::expect_error(ErrorKind::kIo,
                        (temp / "none.toml").string() + ": No such file or directory",
                        [&] { static_cast<void>(read_toml(temp / "none.toml")); });
}

TEST(Toml, AssignmentsNeedNoQuotes) {
  SampleSettings settings;
  apply_toml(settings, parse_assignment("mode=slow"));
  apply_toml(settings, parse_assignment("nested.depth=4"));
  apply_toml(settings, parse_assignment("names=[\"x\", \"y\"]"));
  EXPECT_EQ(settings.mode, "slow");
  EXPECT_EQ(settings.nested.depth, 4);
  EXPECT_THAT(settings.names, ElementsAre("x", "y"));
}

TEST(Toml, KeysThatAreNotBareAreQuoted) {
  EXPECT_EQ(toml_key("music-paper"), "music-paper");
  EXPECT_EQ(toml_key("emcdr+"), "\"emcdr+\"");
  const TomlTable table = parse_assignment("model.emcdr+.epochs=3");
  const auto& models = std::get<TomlTable>(table.find("model")->value);
  EXPECT_NE(models.find("emcdr+"), nullptr);
}

TEST(Toml, BadAssignmentsAreNamedAsTheyWereWritten) {
  testing::expect_error(ErrorKind::kUsage,
                        "--set count: write it as name=value, for example --set "
                        "ingest.min_words=5",
                        [] { static_cast<void>(parse_assignment("count")); });
  testing::expect_error(ErrorKind::kUsage, "--set count=101: count = 101 is outside [0, 100]", [] {
    SampleSettings settings;
    apply_toml(settings, parse_assignment("count=101"));
  });
}

TEST(Toml, MergingPutsOneTableOverAnother) {
  TomlTable base = parse_toml("count = 1\nrate = 0.5\n[nested]\ndepth = 2\n", "base");
  merge(base, parse_toml("count = 9\nflag = false\n[nested]\n", "over"));
  SampleSettings settings;
  apply_toml(settings, base);
  EXPECT_EQ(settings.count, 9);
  EXPECT_EQ(settings.rate, 0.5);
  EXPECT_FALSE(settings.flag);
  EXPECT_EQ(settings.nested.depth, 2);
}

TEST(Toml, TablesKeepTheOrderOfTheFile) {
  const TomlTable table = parse_toml("zebra = 1\nant = 2\n", "zoo");
  EXPECT_EQ(table.entries[0].name, "zebra");
  EXPECT_EQ(table.entries[1].where, "zoo:2");
}

}  // namespace
}  // namespace crossfade
