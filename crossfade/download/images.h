// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "crossfade/core/progress.h"
#include "crossfade/download/config.h"
#include "crossfade/download/image_list.h"

namespace crossfade {

/// What is to be fetched, and into which folder.
struct ImageRequest {
  std::filesystem::path directory;
  std::function<void(const OnAddress&)> list;  ///< Calls back once per item and address.
  bool retry_failed = false;                   ///< Ask again where an earlier run failed for good.
};

/// What became of the addresses of a request.
struct ImageSummary {
  std::int64_t addresses = 0;  ///< Different ones.
  std::int64_t items = 0;      ///< That name them.
  std::int64_t stored = 0;     ///< Of the addresses; earlier runs included, as below.
  std::int64_t failed = 0;
  std::int64_t postponed = 0;
  std::int64_t fetched = 0;        ///< Tried by this run.
  std::int64_t fetched_bytes = 0;  ///< Of the images that this run stored.
  std::vector<std::pair<std::string, std::int64_t>> reasons;  ///< Of what is not stored; by number.
};

/// Fetches images into `request.directory`: DIR/images.tsv, a DownloadRow per item and address,
/// and the files it names, one per content (ImageStore). An address is asked for until it gives
/// an image, fails for good, or `config.attempts` are used up; what fails leaves the rest alone.
/// A file is an image when its content says so: JPEG, PNG, GIF, WebP or BMP, not cut short.
///
/// Killed at any time, the same call goes on: finished addresses are not asked for again. Memory:
/// some 500 bytes per address and, at worst, `config.image_megabytes` per connection.
/// @throws Error  kUsage for settings; kIo when the folder cannot be written or is in use; kIo
///                when not one address got any answer; what `request.list` throws.
ImageSummary download_images(const DownloadConfig& config,
                             const ImageRequest& request,
                             const OnProgress& on_progress,
                             const OnNote& on_note);

}  // namespace crossfade
