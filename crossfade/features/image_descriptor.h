// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace crossfade {

/// Raise it whenever the numbers of describe_image change, so that cached ones are made anew.
inline constexpr int kImageDescriptorVersion = 1;

inline constexpr std::size_t kColourBins = 12 * 3 * 3;      ///< Hue, saturation, value.
inline constexpr std::size_t kGradientBins = 4 * 4 * 9;     ///< Cells of a grid, orientations.
inline constexpr std::size_t kThumbnailValues = 8 * 8 * 3;  ///< Pixels; luma and chroma.
inline constexpr std::size_t kImageDescriptorWidth = kColourBins + kGradientBins + kThumbnailValues;

/// Describes an image by what it looks like, all values in [0, 1]: the square roots of its colour
/// histogram (HSV), of the distribution of its gradient orientations over a grid (after Dalal
/// and Triggs 2005), and a thumbnail (YCrCb); all taken from the image shrunk to 64 x 64.
/// Returns nothing, or why the image cannot be read; then `out` [kImageDescriptorWidth] is zero.
/// Safe to call from several threads.
[[nodiscard]] std::optional<std::string> describe_image(const std::filesystem::path& file,
                                                        std::span<float> out);

}  // namespace crossfade
