// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_features.h"

#include <functional>
#include <span>
#include <vector>

#include "crossfade/features/image_descriptor.h"
#include "crossfade/features/image_table.h"
#include "crossfade/features/moments.h"
#include "crossfade/features/projection.h"
#include "crossfade/features/sampler.h"

namespace crossfade {
namespace {

using Descriptors = PerDomain<RawFeatures>;
using Items = PerDomain<std::vector<std::size_t>>;

// The items whose descriptions the reduction is fitted on.
Items sample_items(const Descriptors& raw, const Workspace& workspace) {
  Items items;
  for (const Domain domain : kDomains) {
    for (std::size_t item = 0; item < raw[domain].present.size(); ++item) {
      if (raw[domain].present[item] != 0 && workspace.training[domain].items[item] != 0) {
        items[domain].push_back(item);
      }
    }
  }
  RowSampler sampler(workspace.config.svd.rows,
                     std::ssize(items.source) + std::ssize(items.target),
                     workspace.rng.fork("image").fork("sample"));
  for (const Domain domain : kDomains) {
    std::erase_if(items[domain], [&](std::size_t) { return !sampler.take(); });
  }
  return items;
}

void for_each_row(const Descriptors& raw,
                  const Items& items,
                  const std::function<void(std::span<float>)>& visit) {
  std::vector<float> row(kImageDescriptorWidth);
  for (const Domain domain : kDomains) {
    for (const std::size_t item : items[domain]) {
      raw[domain].values.read_row(item, row);
      visit(row);
    }
  }
}

// The products of standardised columns, summed over rows: the correlations times their number.
std::vector<double> correlations(const Descriptors& raw,
                                 const Items& items,
                                 const Moments& moments) {
  constexpr std::size_t kWidth = kImageDescriptorWidth;
  std::vector<double> products(kWidth * kWidth);
  for_each_row(raw, items, [&](std::span<float> row) {
    moments.standardise(row);
    for (std::size_t i = 0; i < kWidth; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        products[i * kWidth + j] += double{row[i]} * row[j];
      }
    }
  });
  for (std::size_t i = 0; i < kWidth; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      products[j * kWidth + i] = products[i * kWidth + j];
    }
  }
  return products;
}

RawFeatures project(const RawFeatures& raw,
                    const Moments& moments,
                    const Projection& projection,
                    const std::filesystem::path& file) {
  RawWriter writer(file, projection.outputs);
  std::vector<float> row(projection.inputs);
  std::vector<float> out(projection.outputs);
  for (std::size_t item = 0; item < raw.present.size(); ++item) {
    if (raw.present[item] == 0) {
      continue;
    }
    raw.values.read_row(item, row);
    moments.standardise(row);
    out.assign(projection.outputs, 0.0F);
    for (std::size_t j = 0; j < row.size(); ++j) {
      projection.add(j, row[j], out);
    }
    writer.put(item, out);
  }
  return writer.finish(raw.present.size());
}

}  // namespace

FeatureBlock encode_item_images(const Workspace& workspace,
                                const std::filesystem::path& descriptors) {
  const Descriptors raw{.source = open_image_descriptors(descriptors, Domain::kSource),
                        .target = open_image_descriptors(descriptors, Domain::kTarget)};
  const Items items = sample_items(raw, workspace);
  if (items.source.empty() && items.target.empty()) {
    report(workspace.callbacks.on_note,
           "no training item has a readable image; all image features are zero");
  }
  Moments moments(kImageDescriptorWidth);
  for_each_row(raw, items, [&](std::span<float> row) { moments.add(row); });
  const Projection projection =
      principal_components(correlations(raw, items, moments),
                           static_cast<std::size_t>(workspace.config.image.dimension));
  return {.name = "image",
          .raw = {.source = project(
                      raw.source, moments, projection, workspace.scratch / "image_source.npy"),
                  .target = project(
                      raw.target, moments, projection, workspace.scratch / "image_target.npy")}};
}

}  // namespace crossfade
