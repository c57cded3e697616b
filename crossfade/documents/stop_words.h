// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "crossfade/documents/config.h"

namespace crossfade {

/// The words that the settings leave out, folded as the tokenizer folds them.
[[nodiscard]] std::set<std::string, std::less<>> stop_words_of(const DocumentsConfig& config);

}  // namespace crossfade
