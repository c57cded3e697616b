// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/error.h"

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

TEST(Error, ContextStandsInFrontAndTheKindStays) {
  const Error error = Error(ErrorKind::kData, "line 3: no user").within("reviews.jsonl");
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_STREQ(error.what(), "reviews.jsonl: line 3: no user");
}

TEST(Error, RequireThrowsOnlyWhenTheConditionFails) {
  EXPECT_NO_THROW(require(true, ErrorKind::kUsage, "never"));
  testing::expect_error(
      ErrorKind::kUsage, "k = 7", [] { require(false, ErrorKind::kUsage, "k = {}", 7); });
}

}  // namespace
}  // namespace crossfade
