// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace crossfade {

/// Takes an item and the address of its image.
using OnAddress = std::function<void(std::string_view item, std::string_view address)>;

/// Reads a file of lines `item<TAB>address`, plain or gzip. Empty lines are passed over; an empty
/// or odd address is passed on.
/// @throws Error  kIo; kData, with file and line, when a line has no tab.
void read_address_file(const std::filesystem::path& file, const OnAddress& on_address);

/// Reads the addresses among the images of an ingest artifact, of both domains; an item is called
/// "<domain>/<id>".
/// @throws Error  kIo, kData.
void read_ingest_addresses(const std::filesystem::path& ingest, const OnAddress& on_address);

}  // namespace crossfade
