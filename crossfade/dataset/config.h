// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossfade/core/settings.h"

namespace crossfade {

/// Who is a cold-start user: the [dataset] table of a recipe.
struct DatasetConfig {
  double beta = 0.5;
  double validation = 0.1;
  double hide_source = 0.0;
  double hide_items = 0.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("beta",
          self.beta,
          "Part of the overlapping users that become cold-start test users.",
          Range{0.0, 1.0});
    field("validation",
          self.validation,
          "Part of the remaining overlapping users held out as pseudo-cold validation users.",
          Range{0.0, 0.9});
    field("hide_source",
          self.hide_source,
          "Part of the remaining overlapping users whose source ratings are hidden, which makes "
          "them side users: for studying side users where there are few.",
          Range{0.0, 1.0});
    field("hide_items",
          self.hide_items,
          "Part of the target's items whose training ratings and reviews are hidden, which makes "
          "them cold: for studying cold items where there are few.",
          Range{0.0, 0.9});
  }
};

}  // namespace crossfade
