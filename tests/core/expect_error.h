// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "crossfade/core/error.h"

namespace crossfade::testing {

/// Expects `action` to throw an Error of `kind` with exactly `message`.
inline void expect_error(ErrorKind kind,
                         const std::string& message,
                         const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.what(), message);
    return;
  }
  ADD_FAILURE() << "nothing was thrown; expected: " << message;
}

}  // namespace crossfade::testing
