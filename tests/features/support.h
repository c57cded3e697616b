// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade::testing {

/// A directory of its own that is removed at the end of the test.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "crossfade-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

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
