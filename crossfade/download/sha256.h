// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace crossfade {

/// The SHA-256 of `bytes` as 64 hexadecimal digits (FIPS 180-4). Names files by their content,
/// which comes from strangers: a hash that can be forged would let one image stand for another.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace crossfade
