// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/download/data_file.h"

namespace crossfade {

/// Where the authors of Amazon Reviews 2023 publish it.
inline constexpr std::string_view kAmazon2023Base =
    "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/";

/// The names of its categories, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> amazon_2023_categories();

/// The two files of a category, as docs/howto/data-formats.md names them: `<category>.jsonl.gz`
/// with reviews and `meta_<category>.jsonl.gz` with items, in `directory`.
/// @throws Error  kUsage for an unknown category, with the names nearest to it.
[[nodiscard]] std::vector<DataFile> amazon_2023_files(const std::string& category,
                                                      const std::string& base,
                                                      const std::filesystem::path& directory);

}  // namespace crossfade
