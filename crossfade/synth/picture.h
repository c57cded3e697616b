// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/core/random.h"

namespace crossfade {

/// The six things a picture can show, each driven by a number of mean 0 and variance 1.
inline constexpr std::size_t kLooks = 6;

/// Draws a striped square whose looks follow the last latents of an item. Look c is
///
///     signal latent_(k-1-c) + sqrt(1 - signal^2) n        n standard normal
///
/// for c < shown, and n otherwise; clipped to [-2, 2] it sets, in this order: warmth (red
/// against blue), brightness, the angle of the stripes, green against magenta, the contrast of
/// the stripes, their number.
/// @param shown  How many latents the picture shows; at most kLooks and latents.size().
/// @param size   Pixels per side.
/// @return A JPEG file.
[[nodiscard]] std::vector<std::uint8_t> draw_picture(
    std::span<const float> latents, std::size_t shown, double signal, int size, Rng& rng);

}  // namespace crossfade
