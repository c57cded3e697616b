// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/llm_features.h"

#include <algorithm>

#include "crossfade/core/error.h"
#include "crossfade/features/embedding/merge.h"
#include "crossfade/features/reduction/reduction.h"

namespace crossfade {
namespace {

const EmbeddingJob& find_job(std::span<const EmbeddingJob> jobs, Entity entity, Domain domain) {
  const auto found = std::ranges::find_if(
      jobs, [&](const EmbeddingJob& job) { return job.entity == entity && job.domain == domain; });
  require(found != jobs.end(),
          ErrorKind::kInternal,
          "no embeddings of {} {} were planned",
          name_of(domain),
          plural(entity));
  return *found;
}

RawFeatures arrange(const Workspace& workspace, const EmbeddingJob& job) {
  const Embeddings embeddings = open_embeddings(job.merged());
  const RowMask& users = workspace.training[job.domain].users;
  RawWriter writer(
      workspace.scratch / fmt::format("llm_{}_{}.npy", plural(job.entity), name_of(job.domain)),
      embeddings.values.columns());
  std::vector<float> values(embeddings.values.columns());
  for (std::size_t row = 0; row < embeddings.entities.size(); ++row) {
    const auto entity = static_cast<std::size_t>(embeddings.entities[row]);
    if (job.entity == Entity::kItem || users[entity] != 0) {
      embeddings.values.read_row(row, values);
      writer.put(entity, values);
    }
  }
  return writer.finish(job.entities);
}

}  // namespace

FeatureBlock encode_with_llm(const Workspace& workspace,
                             Entity entity,
                             std::span<const EmbeddingJob> jobs) {
  const auto raw_of = [&](Domain domain) {
    return arrange(workspace, find_job(jobs, entity, domain));
  };
  PerDomain<RawFeatures> raw{.source = raw_of(Domain::kSource), .target = raw_of(Domain::kTarget)};
  const bool items = entity == Entity::kItem;
  const auto dimension = static_cast<std::size_t>(items ? workspace.config.llm.items.dimension
                                                        : workspace.config.llm.users.dimension);
  const auto& [source, target] = workspace.training;
  if (dimension == 0 || dimension >= raw.source.values.columns()) {
    return {.name = "llm", .raw = std::move(raw)};
  }
  return {
      .name = "llm",
      .raw = reduce(raw,
                    dimension,
                    {items ? &source.items : &source.users, items ? &target.items : &target.users},
                    fmt::format("llm-{}", plural(entity)),
                    workspace)};
}

}  // namespace crossfade
