// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/npy.h"
#include "crossfade/core/progress.h"
#include "crossfade/dataset/dataset.h"
#include "crossfade/dataset/per_domain.h"
#include "crossfade/dataset/split.h"
#include "crossfade/documents/config.h"

namespace crossfade {

/// The two texts of a review.
enum class ReviewField : std::uint8_t { kText, kTitle };

inline constexpr std::array kReviewFields{ReviewField::kText, ReviewField::kTitle};

/// "text" or "title".
[[nodiscard]] constexpr std::string_view name_of(ReviewField field) noexcept {
  return field == ReviewField::kText ? "text" : "title";
}

/// One field of the reviews behind a domain's training ratings: row r of training_ratings(domain)
/// was written with the words [offsets[r], offsets[r + 1]). A view: it owns nothing.
struct ReviewWords {
  std::span<const std::int64_t> offsets;  ///< rows + 1 positions.
  std::span<const std::int32_t> words;    ///< Numbers of words, in reading order.

  [[nodiscard]] std::size_t rows() const noexcept { return offsets.size() - 1; }

  [[nodiscard]] std::span<const std::int32_t> of(std::size_t row) const noexcept {
    return words.subspan(static_cast<std::size_t>(offsets[row]),
                         static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
  }
};

/// Vectors of words that were trained elsewhere.
struct WordVectors {
  std::size_t width = 0;
  std::span<const float> values;        ///< [words, width]; zero for unknown words.
  std::span<const std::uint8_t> known;  ///< [words]: 1 where there is one.
};

/// The training reviews of one split as numbers of words, mapped from disk: nothing of it is read
/// before it is touched. Words are numbered from 0 by falling number of occurrences.
struct DocumentSet {
  std::span<const std::uint8_t> spelling_bytes;       ///< All words, one after the other.
  std::span<const std::int64_t> spelling_offsets;     ///< words + 1 positions.
  std::span<const std::int64_t> counts;               ///< Occurrences of each word.
  std::span<const std::int64_t> reviews;              ///< Reviews that hold it, in text or title.
  PerDomain<std::array<ReviewWords, 2>> fields = {};  ///< By ReviewField.
  std::optional<WordVectors> vectors = {};
  std::vector<NpyFile> files = {};  ///< What the views look into.

  [[nodiscard]] std::size_t words() const noexcept { return counts.size(); }

  [[nodiscard]] std::string_view word(std::size_t number) const noexcept;

  /// The number of a word as it is spelt here, in O(words); nothing when no review holds it.
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view word) const noexcept;

  [[nodiscard]] const ReviewWords& of(Domain domain, ReviewField field) const noexcept {
    return fields[domain][static_cast<std::size_t>(field)];
  }

  /// Training reviews of both domains.
  [[nodiscard]] std::size_t n_reviews() const noexcept {
    return of(Domain::kSource, ReviewField::kText).rows() +
           of(Domain::kTarget, ReviewField::kText).rows();
  }
};

/// Who listens while documents are built.
struct DocumentCallbacks {
  OnProgress on_progress;
  OnNote on_note;
};

/// Builds the documents artifact in `directory` from the reviews of an ingest artifact. Words are
/// cut and folded by the Tokenizer, whatever the language. The target reviews of held-out users,
/// and the source reviews of users whose source is hidden, are never read. Memory grows with the
/// number of different words alone.
/// @throws Error  kData when a domain's training reviews hold no word, or a line of the word
///                vectors is damaged; kUsage for settings; kIo.
ArtifactState build_documents(const DocumentsConfig& config,
                              const std::filesystem::path& ingest_directory,
                              const Dataset& dataset,
                              const Split& split,
                              const std::filesystem::path& directory,
                              const DocumentCallbacks& callbacks);

/// Maps the documents in `directory`.
/// @throws Error  kIo; kData when files do not fit together.
[[nodiscard]] DocumentSet open_documents(const std::filesystem::path& directory);

}  // namespace crossfade
