// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "crossfade/documents/documents.h"

namespace crossfade {

// How the documents artifact lies on disk:
//
//   spelling_bytes.npy    uint8 [bytes]           words, one after the other, by number
//   spelling_offsets.npy  int64 [words + 1]
//   counts.npy            int64 [words]
//   reviews.npy           int64 [words]
//   source/, target/      by training rating
//     text_offsets.npy    int64 [ratings + 1]     title_offsets.npy the same
//     text_words.npy      int32 [occurrences]     title_words.npy
//   vectors.npy           float32 [words, width]  when the settings name a file of vectors
//   known.npy             uint8 [words]
inline constexpr const char* kSpellingBytesFile = "spelling_bytes.npy";
inline constexpr const char* kSpellingOffsetsFile = "spelling_offsets.npy";
inline constexpr const char* kCountsFile = "counts.npy";
inline constexpr const char* kReviewsFile = "reviews.npy";
inline constexpr const char* kVectorsFile = "vectors.npy";
inline constexpr const char* kKnownFile = "known.npy";

[[nodiscard]] std::filesystem::path offsets_file(const std::filesystem::path& directory,
                                                 Domain domain,
                                                 ReviewField field);
[[nodiscard]] std::filesystem::path words_file(const std::filesystem::path& directory,
                                               Domain domain,
                                               ReviewField field);

}  // namespace crossfade
