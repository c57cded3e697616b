// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one door to nlohmann-json: replies of the tool, manifests, result files.
#include <nlohmann/json.hpp>

namespace crossfade {

/// A JSON value that keeps the order in which names were added.
using Json = nlohmann::ordered_json;

}  // namespace crossfade
