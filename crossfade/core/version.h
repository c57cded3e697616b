// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace crossfade {

/// The version of the library, "0.1.0".
extern const char* const kVersion;

/// The git revision it was built from, or "unknown" outside a checkout.
extern const char* const kRevision;

}  // namespace crossfade
