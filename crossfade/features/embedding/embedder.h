// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crossfade {

/// What one entity is described by: a text, with an image in it if `image` names a file.
struct EmbeddingText {
  std::string before;
  std::string image;
  std::string after;

  [[nodiscard]] bool empty() const noexcept {
    return before.empty() && image.empty() && after.empty();
  }
};

/// What an embedder has done so far.
struct EmbedderCounts {
  std::int64_t texts = 0;
  std::int64_t tokens = 0;      ///< Evaluated; a shared prompt counts once.
  std::int64_t tokens_cut = 0;  ///< Left out because texts were too long.
  std::int64_t texts_cut = 0;   ///< Texts that were too long.
  std::int64_t images = 0;      ///< Seen by the model.
};

/// Makes vectors of texts and images. What comes out for a list of texts depends on that list and
/// on nothing that was encoded before it, to the bit.
class Embedder {
 public:
  Embedder() = default;
  virtual ~Embedder() = default;
  Embedder(const Embedder&) = delete;
  Embedder& operator=(const Embedder&) = delete;

  /// Elements of a vector.
  [[nodiscard]] virtual std::size_t width() const = 0;

  [[nodiscard]] virtual EmbedderCounts counts() const = 0;

  /// Writes the vectors of `texts` to `out` [texts, width()]. Returns for each text nothing, or
  /// what is wrong with it; its vector is made without the image then, or of zeros where there can
  /// be none.
  /// @throws Error  kInternal when the model itself fails.
  virtual std::vector<std::optional<std::string>> encode(std::span<const EmbeddingText> texts,
                                                         std::span<float> out) = 0;
};

}  // namespace crossfade
