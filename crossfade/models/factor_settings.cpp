// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/factor_settings.h"

namespace crossfade {

Factors biased_factors(const JointFactors& joint) {
  const std::size_t width = joint.dimension + 1;
  const auto mean = static_cast<float>(joint.target.mean);
  Factors factors{.dimension = width + 1, .users = {}, .items = {}};
  for (std::size_t row = 0; row < joint.users.size(); row += width) {
    const float* user = &joint.users[row];
    factors.users.insert(factors.users.end(), {mean + user[0], 1.0F});
    factors.users.insert(factors.users.end(), user + 1, user + width);
  }
  for (std::size_t row = 0; row < joint.target.rows.size(); row += width) {
    const float* item = &joint.target.rows[row];
    factors.items.insert(factors.items.end(), {1.0F, item[0]});
    factors.items.insert(factors.items.end(), item + 1, item + width);
  }
  return factors;
}

}  // namespace crossfade
