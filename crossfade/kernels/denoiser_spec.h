// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace crossfade {

/// What one layer of the denoiser does with the running vector h.
enum class DenoiserOp : std::uint8_t {
  kLinear,    ///< h = W h + b
  kResBlock,  ///< h = h + W2 D SiLU(N(W1 SiLU(N(h)) + Wt e_t + m Wc c)); N: layer norm, D: dropout
  kKeepSkip,  ///< Remembers h.
  kConcatSkip,  ///< h = [h, the last h that was kept], which is then forgotten.
  kOutput,      ///< h = W SiLU(N(h)) + b
};

/// One layer with the widths of h before and after it.
struct DenoiserLayer {
  DenoiserOp op;
  std::int64_t in;
  std::int64_t out;
};

/// The vectorised U-Net f(x_t, t, c) as data, so that every backend walks the same description:
///
///     e_t = W SiLU(W sinusoid(t)),   h = x_t + m A c,   then `layers` in order; the result is x0
///
/// with m = 1 where a row has a condition and 0 where it has none. A is the identity when the
/// condition is as wide as x, otherwise a matrix without bias.
struct DenoiserSpec {
  std::int64_t width = 32;            ///< Of x_t and of the result.
  std::int64_t condition_width = 32;  ///< Of c.
  bool zero_output = false;           ///< Whether the last layer starts at zero.
  bool condition_in_blocks = true;    ///< The term m Wc c; without it, c is only added to x_t.
  std::int64_t time_frequencies = 32;
  std::int64_t time_width = 128;  ///< Of e_t.
  std::vector<DenoiserLayer> layers;
};

/// Fills `spec.layers` for block widths from the outermost to the innermost, {128, 64, 32}: a
/// residual block per width on the way down, two at the bottom, one per width on the way up,
/// where the vector kept at the same width is concatenated. (MuSiC, section 3.3.3; widths are
/// ours.)
[[nodiscard]] DenoiserSpec make_unet(DenoiserSpec spec, std::span<const std::int64_t> widths);

/// Numbers in the weights of such a network, biases included.
[[nodiscard]] std::int64_t count_parameters(const DenoiserSpec& spec);

}  // namespace crossfade
