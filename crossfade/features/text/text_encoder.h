// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "crossfade/features/reduction/projection.h"
#include "crossfade/features/text/vocabulary.h"

namespace crossfade {

/// Latent semantic features of texts: TF-IDF reduced by a truncated SVD. Fitted once, then
/// constant.
class TextEncoder {
 public:
  /// Fits vocabulary and reduction on `sample`. Depends on nothing but the arguments.
  TextEncoder(const TermSample& sample,
              const TextConfig& config,
              const SvdConfig& svd,
              const Rng& rng);

  /// Features per text.
  [[nodiscard]] std::size_t width() const noexcept { return projection_.outputs; }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_.size(); }

  /// Adds the features of one document to `out` [width]; false, and nothing added, when it holds
  /// no known term.
  bool add(std::span<const Term> document, std::span<float> out);

 private:
  Vocabulary vocabulary_;
  Projection projection_;
  WeightedTerms weighted_;  ///< Scratch.
};

}  // namespace crossfade
