// SPDX-License-Identifier: Apache-2.0
//
// joint-mf: one biased, regularised factorisation of both domains (the strongest simple row).
//
//   r_ui = mu_d + b_u + b_i + p_u . q_i
//
// The user's bias and vector are shared by the domains, so a cold user is scored by what the
// source ratings taught. In the line of Singh and Gordon, "Relational Learning via Collective
// Matrix Factorization", KDD 2008, with biases and squared loss on observed ratings.
#include <memory>

#include "crossfade/models/closed_form.h"
#include "crossfade/models/factor_settings.h"
#include "crossfade/models/registry.h"

namespace crossfade {

ModelEntry joint_mf_entry() {
  return make_entry(
      {.name = "joint-mf",
       .title = "Biased matrix factorisation of both domains with shared users",
       .citation = "after Singh and Gordon, Relational Learning via Collective Matrix "
                   "Factorization, KDD 2008"},
      FactorSettings{},
      [](const TrainingData& data, const FactorSettings& settings, const ModelContext& context) {
        const auto dimension = static_cast<std::size_t>(settings.dimension) + 2;
        return std::make_unique<ClosedFormModel>(data, dimension, [data, settings, context] {
          return biased_factors(
              fit_joint_factors({.ratings = data.source, .n_items = data.n_source_items},
                                {.ratings = data.target, .n_items = data.n_target_items},
                                settings.options(),
                                context.rng.fork("joint-mf")));
        });
      });
}

}  // namespace crossfade
