// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "crossfade/core/progress.h"
#include "crossfade/download/config.h"

namespace crossfade {

/// A large file and where it comes from.
struct DataFile {
  std::string address;
  std::filesystem::path path;  ///< Where it goes; its folder is created.
};

/// The outcome of fetch_gzip.
struct DataFileState {
  std::int64_t bytes = 0;
  bool reused = false;  ///< It was there already; nothing was asked for.
};

/// Fetches a gzip file. It grows as `<path>.part`, beside `<path>.part.json`, which says what it is
/// a part of; when it has its full length and its checksums are right, it gets its name. A transfer
/// that breaks off goes on where it was (Range with If-Range), after up to `config.attempts`
/// failures in a row without a further byte, and so does the same call of a later process. When
/// the file at the server is another one by then, or the server cannot resume, it starts anew.
/// @throws Error  kIo when the server does not give the file, the disk is too small, or the folder
///                is in use by another download; kData when what it gives is no gzip file.
DataFileState fetch_gzip(const DownloadConfig& config,
                         const DataFile& file,
                         const OnProgress& on_progress,
                         const OnNote& on_note);

}  // namespace crossfade
