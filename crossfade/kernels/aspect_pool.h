// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace crossfade {

/// The shape of CATN's aspects.
struct AspectShape {
  std::size_t aspects = 5;
  std::size_t width = 32;
  std::size_t length = 500;  ///< Positions of a document, most of them empty.

  [[nodiscard]] std::size_t total() const noexcept { return aspects * width; }
};

/// Gates, attends and pools (Zhao et al., SIGIR 2020). Per position t and aspect m, with H
/// [positions, 2 aspects width] holding gates before projections:
///
///     g[t, m] = sigmoid(H gate) * H projection,    attention[., m] = softmax(g[., m] . v[m]),
///     pooled[d, m] = sum_t attention[t, m] g[t, m].
///
/// The softmax of a document runs over `length` positions: those it does not have count with
/// exponent 0 and with nothing to pool. Documents are laid end to end at `offsets`.
void pool_aspects(std::span<const std::int64_t> offsets,
                  AspectShape shape,
                  const float* h,
                  const float* v,
                  float* attention,
                  float* pooled);

/// What pool_aspects had and gave, and where its gradient goes.
struct AspectPoolBack {
  const float* h;
  const float* v;                ///< [aspects, width]
  const float* attention;        ///< [positions, aspects]
  const float* pooled;           ///< [documents, aspects width]
  const float* pooled_gradient;  ///< Of the same shape.
  float* h_gradient;             ///< Written.
  float* v_gradient;             ///< Added to.
};

/// The gradient of pool_aspects.
void pool_aspects_back(std::span<const std::int64_t> offsets,
                       AspectShape shape,
                       const AspectPoolBack& back);

}  // namespace crossfade
