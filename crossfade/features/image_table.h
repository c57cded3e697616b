// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/features/block.h"

namespace crossfade {

/// What became of the images of one domain.
struct ImageCounts {
  std::int64_t described = 0;
  std::int64_t remote = 0;      ///< Named by an address, not by a file: not fetched.
  std::int64_t absent = 0;      ///< The item names no image.
  std::int64_t unreadable = 0;  ///< Named, but no image that can be decoded.
  std::string first_problem;    ///< Of the unreadable: "poster.jpg: is damaged"; by item order.
};

/// The image of every item of a domain: a path, an address or "". A file of `downloads`, a
/// downloads folder (DownloadedImages; "" = none), stands for an address, or for an image that is
/// missing.
/// @throws Error  kIo, kData.
[[nodiscard]] std::vector<std::string> find_item_images(const std::filesystem::path& ingest,
                                                        Domain domain,
                                                        const std::filesystem::path& downloads);

/// Describes `images` (a path, an address or "" per item) on `threads` threads into a matrix
/// [images, kImageDescriptorWidth] at `file`, float16. The result does not depend on `threads`.
/// @throws Error  kIo.
ImageCounts describe_images(std::span<const std::string> images,
                            const std::filesystem::path& file,
                            std::size_t threads,
                            RowMask& present,
                            const OnProgress& on_progress);

/// Whether an image column names an address, not a file.
[[nodiscard]] bool is_image_address(std::string_view image);

/// Size and time of an image file, or that it cannot be read: what tells a changed file from an
/// unchanged one.
[[nodiscard]] std::string state_of_image_file(const std::filesystem::path& image);

/// A hash of the names, sizes and times of the image files among `images`: hashing the content of
/// gigabytes on every run would cost as much as reading it.
[[nodiscard]] std::string hash_of_image_files(std::span<const std::string> images);

/// The artifact that holds the descriptions of the images of both domains. It is made anew when
/// the ingest artifact, the files found in `downloads`, or the size or time of an image file, has
/// changed. `downloads` is a downloads folder (DownloadedImages), whose files stand for images
/// that are addresses or missing; "" = none.
ArtifactState ensure_image_descriptors(const std::filesystem::path& ingest,
                                       const std::filesystem::path& downloads,
                                       const std::filesystem::path& directory,
                                       const FeatureCallbacks& callbacks);

/// The descriptions of one domain.
[[nodiscard]] RawFeatures open_image_descriptors(const std::filesystem::path& directory,
                                                 Domain domain);

}  // namespace crossfade
