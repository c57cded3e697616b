// SPDX-License-Identifier: Apache-2.0
//
// item-mean: every rating is the item's mean target rating, pulled towards the mean of all:
//
//   r_ui = (sum of the item's ratings + damping * mean) / (count + damping)
//
// An item without training ratings gets the mean of all. The second reference row.
#include <memory>

#include "crossfade/models/closed_form.h"
#include "crossfade/models/registry.h"

namespace crossfade {
namespace {

struct ItemMeanSettings {
  double damping = 5.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("damping",
          self.damping,
          "Ratings at the overall mean that every item is given beside its own.",
          Range{0.0, 1e6});
  }
};

std::vector<float> item_deviations(const TrainingData& data, double mean, double damping) {
  std::vector<double> sum(data.n_target_items, 0.0);
  std::vector<double> count(data.n_target_items, damping);
  for (std::size_t row = 0; row < data.target.rows(); ++row) {
    const std::size_t item = index(data.target.items[row]);
    sum[item] += data.target.ratings[row] - mean;
    count[item] += 1.0;
  }
  std::vector<float> deviations(data.n_target_items, 0.0F);
  for (std::size_t i = 0; i < deviations.size(); ++i) {
    deviations[i] = count[i] > 0.0 ? static_cast<float>(sum[i] / count[i]) : 0.0F;
  }
  return deviations;
}

}  // namespace

ModelEntry item_mean_entry() {
  return make_entry(
      {.name = "item-mean", .title = "The item's damped mean rating"},
      ItemMeanSettings{},
      [](const TrainingData& data, const ItemMeanSettings& settings, const ModelContext&) {
        return std::make_unique<ClosedFormModel>(data, 2, [data, settings] {
          const double mean = mean_rating(data.target);
          const std::vector<float> user(data.n_users(), 0.0F);
          return additive_factors(mean, user, item_deviations(data, mean, settings.damping));
        });
      });
}

}  // namespace crossfade
