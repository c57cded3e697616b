// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "crossfade/core/error.h"

#include "tests/core/temp_directory.h"

namespace crossfade::testing {

/// An image of one colour (blue, green, red), in the format its name asks for.
inline void write_image(const std::filesystem::path& file,
                        const cv::Scalar& colour,
                        int width,
                        int height) {
  cv::imwrite(file.string(), cv::Mat(height, width, CV_8UC3, colour));
}

/// The message `action` fails with, after its kind: "kData: ...".
template <typename Action>
std::string failure_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    constexpr const char* kNames[] = {"kUsage", "kData", "kIo", "kNumeric", "kInternal"};
    return fmt::format("{}: {}", kNames[static_cast<int>(error.kind())], error.what());
  }
  return "no error";
}

}  // namespace crossfade::testing
