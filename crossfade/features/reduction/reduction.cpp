// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/reduction/reduction.h"

#include <functional>
#include <span>
#include <vector>

#include "crossfade/features/reduction/moments.h"
#include "crossfade/features/reduction/projection.h"
#include "crossfade/features/reduction/sampler.h"

namespace crossfade {
namespace {

using Raw = PerDomain<RawFeatures>;
using Rows = PerDomain<std::vector<std::size_t>>;

// The rows that the reduction is fitted on.
Rows sample_rows(const Raw& raw,
                 const PerDomain<const RowMask*>& training,
                 const std::string& name,
                 const Workspace& workspace) {
  Rows rows;
  for (const Domain domain : kDomains) {
    for (std::size_t row = 0; row < raw[domain].present.size(); ++row) {
      if (raw[domain].present[row] != 0 && (*training[domain])[row] != 0) {
        rows[domain].push_back(row);
      }
    }
  }
  RowSampler sampler(workspace.config.svd.rows,
                     std::ssize(rows.source) + std::ssize(rows.target),
                     workspace.rng.fork(name).fork("sample"));
  for (const Domain domain : kDomains) {
    std::erase_if(rows[domain], [&](std::size_t) { return !sampler.take(); });
  }
  return rows;
}

void for_each_row(const Raw& raw,
                  const Rows& rows,
                  const std::function<void(std::span<float>)>& visit) {
  std::vector<float> values(raw.source.values.columns());
  for (const Domain domain : kDomains) {
    for (const std::size_t row : rows[domain]) {
      raw[domain].values.read_row(row, values);
      visit(values);
    }
  }
}

// The products of standardised columns, summed over rows: the correlations times their number.
std::vector<double> correlations(const Raw& raw, const Rows& rows, const Moments& moments) {
  const std::size_t width = raw.source.values.columns();
  std::vector<double> products(width * width);
  for_each_row(raw, rows, [&](std::span<float> row) {
    moments.standardise(row);
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        products[i * width + j] += double{row[i]} * row[j];
      }
    }
  });
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      products[j * width + i] = products[i * width + j];
    }
  }
  return products;
}

RawFeatures project(const RawFeatures& raw,
                    const Moments& moments,
                    const Projection& projection,
                    const std::filesystem::path& file) {
  RawWriter writer(file, projection.outputs);
  std::vector<float> values(projection.inputs);
  std::vector<float> out(projection.outputs);
  for (std::size_t row = 0; row < raw.present.size(); ++row) {
    if (raw.present[row] == 0) {
      continue;
    }
    raw.values.read_row(row, values);
    moments.standardise(values);
    out.assign(projection.outputs, 0.0F);
    for (std::size_t j = 0; j < values.size(); ++j) {
      projection.add(j, values[j], out);
    }
    writer.put(row, out);
  }
  return writer.finish(raw.present.size());
}

}  // namespace

PerDomain<RawFeatures> reduce(const PerDomain<RawFeatures>& raw,
                              std::size_t dimension,
                              const PerDomain<const RowMask*>& training,
                              const std::string& name,
                              const Workspace& workspace) {
  const Rows rows = sample_rows(raw, training, name, workspace);
  if (rows.source.empty() && rows.target.empty()) {
    report(workspace.callbacks.on_note,
           fmt::format("nothing that trains has {} features; all of them are zero", name));
  }
  Moments moments(raw.source.values.columns());
  for_each_row(raw, rows, [&](std::span<float> row) { moments.add(row); });
  const Projection projection = principal_components(correlations(raw, rows, moments), dimension);
  const auto file = [&](Domain domain) {
    return workspace.scratch / fmt::format("{}_{}.npy", name, name_of(domain));
  };
  return {.source = project(raw.source, moments, projection, file(Domain::kSource)),
          .target = project(raw.target, moments, projection, file(Domain::kTarget))};
}

}  // namespace crossfade
