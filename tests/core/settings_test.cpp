// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/settings.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/core/sample_settings.h"

namespace crossfade {
namespace {

using testing::SampleSettings;

static_assert(SettingsStruct<SampleSettings>);
static_assert(!SettingsStruct<int>);

void expect_refused(const SampleSettings& settings, const std::string& message) {
  testing::expect_error(ErrorKind::kUsage, message, [&] { check_settings(settings); });
}

TEST(Settings, DefaultsAreInRange) {
  EXPECT_NO_THROW(check_settings(SampleSettings{}));
}

TEST(Settings, EveryConstraintIsChecked) {
  SampleSettings settings;
  settings.rate = 1.5;
  expect_refused(settings, "rate = 1.5 is outside [0, 1]");
  settings.rate = std::numeric_limits<double>::quiet_NaN();
  expect_refused(settings, "rate = nan is outside [0, 1]");
  settings = {};
  settings.count = -1;
  expect_refused(settings, "count = -1 is outside [0, 100]");
  settings = {};
  settings.mode = "medium";
  expect_refused(settings, "mode = \"medium\" is not one of: fast, slow");
}

TEST(Settings, TheEndsOfARangeBelongToIt) {
  SampleSettings settings;
  settings.count = 100;
  settings.rate = 0;
  EXPECT_NO_THROW(check_settings(settings));
}

TEST(Settings, EveryElementOfAListIsChecked) {
  SampleSettings settings;
  settings.edges = {0.5, 11};
  expect_refused(settings, "edges = 11 is outside [0, 10]");
}

TEST(Settings, SeveralConstraintsHoldTogether) {
  SampleSettings settings;
  settings.edges = {};
  EXPECT_NO_THROW(check_settings(settings));
  settings.edges = {0.5, 0.5};
  expect_refused(settings, "edges = [0.5, 0.5] does not ascend");
  settings.edges = {11, 0.5};
  expect_refused(settings, "edges = 11 is outside [0, 10]");
}

TEST(Settings, NestedSettingsAreCheckedToo) {
  SampleSettings settings;
  settings.nested.depth = 99;
  expect_refused(settings, "depth = 99 is outside [1, 9]");
}

}  // namespace
}  // namespace crossfade
