// SPDX-License-Identifier: Apache-2.0
//
// tgt, tgt+: the target shop's own factorisation, which knows nothing of a cold user.
//
//   tgt    r = u . v on the plain backbone; a cold user keeps the random vector of the start
//   tgt+   r = mu + b_u + b_i + p_u . q_i on the biased one; a cold user gets mean and item bias
//
// docs/models/tgt.md.
#include <memory>

#include "crossfade/models/closed_form.h"
#include "crossfade/models/registry.h"

namespace crossfade {
namespace {

Factors target_factors(const DomainFactors& target) {
  Factors factors{.dimension = target.width + 1, .users = {}, .items = {}};
  const auto append = [&](std::vector<float>& out, std::span<const float> row, float last) {
    out.insert(out.end(), row.begin(), row.end());
    out.push_back(last);
  };
  for (std::size_t at = 0; at < target.users.size(); at += target.width) {
    append(factors.users, std::span(target.users).subspan(at, target.width), 1.0F);
  }
  for (std::size_t i = 0; i < target.offsets.size(); ++i) {
    append(factors.items,
           std::span(target.items).subspan(i * target.width, target.width),
           target.offsets[i]);
  }
  return factors;
}

ModelEntry entry(const std::string& name, const std::string& title, BackboneKind backbone) {
  return make_entry({.name = name,
                     .title = title,
                     .backbone = backbone,
                     .untrained_items = backbone == BackboneKind::kPlain},
                    NoSettings{},
                    [](const TrainingData& data, const NoSettings&, const ModelContext&) {
                      const DomainFactors& target = data.backbone->target;
                      return std::make_unique<ClosedFormModel>(
                          data, target.width + 1, [&target] { return target_factors(target); });
                    });
}

}  // namespace

ModelEntry tgt_entry() {
  return entry(
      "tgt", "Matrix factorisation of the target alone, as published", BackboneKind::kPlain);
}

ModelEntry tgt_plus_entry() {
  return entry("tgt+",
               "Biased, regularised matrix factorisation of the target alone",
               BackboneKind::kBiased);
}

}  // namespace crossfade
