// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "crossfade/core/progress.h"

namespace crossfade {

/// The vectors of a vocabulary.
struct VectorTable {
  std::size_t width = 0;
  std::vector<float> values;        ///< [words, width]; zero for unknown words.
  std::vector<std::uint8_t> known;  ///< [words]
};

/// Reads the vectors of `n_words` words from a text file of word2vec or fastText: a word and its
/// numbers per line, with or without a first line "count width". Its words are folded as those of
/// reviews are, and `number_of` gives their numbers; of several that fold to one, the first counts,
/// as such files begin with what is frequent. The file is streamed.
/// @throws Error  kData, naming the line, when it is damaged; kIo.
[[nodiscard]] VectorTable read_word_vectors(
    const std::filesystem::path& file,
    std::size_t n_words,
    const std::function<std::optional<std::int32_t>(std::string_view)>& number_of,
    const OnProgress& on_progress);

}  // namespace crossfade
