// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/registry.h"

#include <algorithm>
#include <array>

#include "crossfade/core/error.h"

namespace crossfade {

#define CROSSFADE_MODEL(name) ModelEntry name##_entry();
#define CROSSFADE_VARIANT(name) CROSSFADE_MODEL(name)
#include "crossfade/models/model_list.def"
#undef CROSSFADE_MODEL

std::span<const ModelEntry> all_models() {
#define CROSSFADE_MODEL(name) name##_entry(),
  static const std::array table{
#include "crossfade/models/model_list.def"
  };
#undef CROSSFADE_MODEL
#undef CROSSFADE_VARIANT
  return table;
}

const ModelEntry& find_model(std::string_view name) {
  const auto models = all_models();
  const auto found = std::ranges::find(models, name, &ModelEntry::name);
  if (found != models.end()) {
    return *found;
  }
  std::string known;
  for (const ModelEntry& entry : models) {
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  fail(ErrorKind::kUsage, "model \"{}\" is unknown; the models are: {}", name, known);
}

}  // namespace crossfade
