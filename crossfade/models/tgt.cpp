// SPDX-License-Identifier: Apache-2.0
//
// target-mf: a biased, regularised matrix factorisation of the target alone. It knows nothing of
// a cold user, who gets mean and item bias: what the target shop could do without the source.
#include <memory>

#include "crossfade/models/closed_form.h"
#include "crossfade/models/factor_settings.h"
#include "crossfade/models/registry.h"

namespace crossfade {

ModelEntry target_mf_entry() {
  return make_entry(
      {.name = "target-mf", .title = "Biased matrix factorisation of the target alone"},
      FactorSettings{},
      [](const TrainingData& data, const FactorSettings& settings, const ModelContext& context) {
        const auto dimension = static_cast<std::size_t>(settings.dimension) + 2;
        return std::make_unique<ClosedFormModel>(data, dimension, [data, settings, context] {
          const std::vector<std::int64_t> none(data.n_users() + 1, 0);
          const RatingsView empty{.offsets = none, .items = {}, .ratings = {}};
          return biased_factors(
              fit_joint_factors({.ratings = empty, .n_items = 0},
                                {.ratings = data.target, .n_items = data.n_target_items},
                                settings.options(),
                                context.rng.fork("target-mf")));
        });
      });
}

}  // namespace crossfade
