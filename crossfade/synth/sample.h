// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "crossfade/core/progress.h"
#include "crossfade/synth/language.h"
#include "crossfade/synth/world.h"

namespace crossfade {

/// A sample in the making: what each of its writers needs.
struct Sample {
  const World& world;
  const Language& language;
  std::filesystem::path directory;  ///< Where its files go.
  const OnProgress& on_progress;
};

}  // namespace crossfade
