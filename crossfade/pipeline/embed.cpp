// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/embed.h"

#include <set>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/dataset/split.h"
#include "crossfade/features/embedding/llama_embedder.h"
#include "crossfade/features/embedding/merge.h"

namespace crossfade {
namespace {

// The jobs of all seeds; most seeds have the same ones.
std::vector<EmbeddingJob> plan_all(const Recipe& recipe,
                                   const RunLayout& layout,
                                   const Dataset& dataset) {
  std::vector<EmbeddingJob> jobs;
  std::set<std::filesystem::path> known;
  for (const std::int64_t seed : recipe.seeds) {
    const Split split = draw_split(dataset, recipe.dataset, static_cast<std::uint64_t>(seed));
    for (EmbeddingJob& job : plan_embeddings(
             recipe.features, layout.ingest(), dataset, find_training_rows(dataset, split))) {
      if (known.insert(job.directory).second) {
        jobs.push_back(std::move(job));
      }
    }
  }
  return jobs;
}

}  // namespace

std::vector<EmbedReport> embed_recipe(const Recipe& as_written,
                                      const EmbedRequest& request,
                                      const RunCallbacks& callbacks) {
  const Recipe recipe = resolved(as_written);
  require(wants_embeddings(recipe.features, Entity::kItem) ||
              wants_embeddings(recipe.features, Entity::kUser),
          ErrorKind::kUsage,
          "the recipe embeds nothing: neither features.items nor features.users names the encoder "
          "llm");
  check_embeddings(recipe.features);
  const Dataset dataset = prepare_tables(recipe, callbacks);
  const RunLayout layout = layout_of(recipe);
  const FeatureCallbacks listeners{.on_progress = callbacks.on_progress,
                                   .on_note = callbacks.on_note};
  const EmbeddingSources sources{recipe.features, layout.ingest(), dataset, listeners};
  EmbeddingMaker maker(recipe.features, layout.ingest(), listeners, [&](Entity entity) {
    return make_llama_embedder(recipe.features, entity);
  });
  std::vector<EmbedReport> reports;
  for (const EmbeddingJob& job : plan_all(recipe, layout, dataset)) {
    EmbedReport report{.name = job.name(), .directory = job.directory};
    const bool finished = is_merged(job, sources);
    if (!finished && !request.merge_only) {
      const EmbeddingOutcome outcome = maker.make_parts(job, request.shard);
      report.parts = outcome.parts;
      report.made = outcome.made;
    }
    if (finished || request.merge_only || request.shard.count == 1) {
      report.merged = merge_parts(job, sources).manifest.details;
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace crossfade
