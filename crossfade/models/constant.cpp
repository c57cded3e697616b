// SPDX-License-Identifier: Apache-2.0
//
// constant: every rating is the mean of the target's training ratings. The first reference row.
#include <memory>

#include "crossfade/models/closed_form.h"
#include "crossfade/models/registry.h"

namespace crossfade {

ModelEntry constant_entry() {
  return make_entry({.name = "constant", .title = "The mean of all target training ratings"},
                    NoSettings{},
                    [](const TrainingData& data, const NoSettings&, const ModelContext&) {
                      return std::make_unique<ClosedFormModel>(data, 2, [data] {
                        const std::vector<float> user(data.n_users(), 0.0F);
                        const std::vector<float> item(data.n_target_items, 0.0F);
                        return additive_factors(mean_rating(data.target), user, item);
                      });
                    });
}

}  // namespace crossfade
