// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/embed.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/features/image_table.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

EmbedderCounts difference(const EmbedderCounts& now, const EmbedderCounts& before) {
  return {.texts = now.texts - before.texts,
          .tokens = now.tokens - before.tokens,
          .tokens_cut = now.tokens_cut - before.tokens_cut,
          .texts_cut = now.texts_cut - before.texts_cut,
          .images = now.images - before.images};
}

bool is_zero(std::span<const float> row) {
  return std::ranges::all_of(row, [](float value) { return value == 0.0F; });
}

std::size_t parts_of_shard(const EmbeddingJob& job, const FeaturesConfig& config, Shard shard) {
  const std::size_t all = count_parts(job, config);
  return all / shard.count + (all % shard.count > shard.index ? 1 : 0);
}

}  // namespace

std::vector<std::string> images_of(const EmbeddingJob& job,
                                   const FeaturesConfig& config,
                                   const fs::path& ingest,
                                   const OnNote& on_note) {
  if (job.entity != Entity::kItem || config.llm.items.vision.empty()) {
    return {};
  }
  std::vector<std::string> images = find_item_images(ingest, job.domain, config.image.downloads);
  std::int64_t addresses = 0;
  for (std::string& image : images) {
    if (is_image_address(image)) {
      image.clear();
      ++addresses;
    }
  }
  if (addresses > 0) {
    report(on_note,
           fmt::format("{} {} images are addresses without a local file and are not seen; "
                       "`crossfade download images` fetches them for features.image.downloads",
                       addresses,
                       name_of(job.domain)));
  }
  return images;
}

Embedder& EmbeddingMaker::embedder(Entity entity) {
  if (!embedder_ || loaded_ != entity) {
    embedder_.reset();
    embedder_ = make_embedder_(entity);
    loaded_ = entity;
  }
  return *embedder_;
}

EmbeddingPart EmbeddingMaker::encode(const PartTexts& texts, Embedder& embedder) {
  const std::size_t width = embedder.width();
  EmbeddingPart part{.state = {.hash = texts.hash(), .problems = {}, .counts = {}},
                     .width = width,
                     .entities = {},
                     .values = {}};
  std::vector<float> vectors(texts.texts.size() * width);
  const EmbedderCounts before = embedder.counts();
  const auto problems = embedder.encode(texts.texts, vectors);
  part.state.counts = difference(embedder.counts(), before);
  for (std::size_t i = 0; i < texts.texts.size(); ++i) {
    const auto row = std::span<const float>(vectors).subspan(i * width, width);
    if (problems[i]) {
      part.state.problems.push_back(
          {.entity = static_cast<std::size_t>(texts.entities[i]), .what = *problems[i]});
    }
    if (!is_zero(row)) {
      part.entities.push_back(texts.entities[i]);
      part.values.insert(part.values.end(), row.begin(), row.end());
    }
  }
  return part;
}

void EmbeddingMaker::note_speed(const EmbeddingJob& job,
                                const EmbedderCounts& before,
                                double seconds) {
  const EmbedderCounts made = difference(embedder_->counts(), before);
  report(callbacks_.on_note,
         fmt::format("{}: {} texts, {} tokens in {:.1f} s ({:.0f} tokens/s)",
                     job.name(),
                     made.texts,
                     made.tokens,
                     seconds,
                     static_cast<double>(made.tokens) / std::max(seconds, 1e-3)));
}

EmbeddingOutcome EmbeddingMaker::make_parts(const EmbeddingJob& job, Shard shard) {
  make_directories(job.directory);
  const PartStore store(job.directory);
  const StagedDirectory scratch(job.directory / "unfinished");
  const NpyType type = element_type(config_);
  const std::string what = "encoding " + job.name();
  EmbeddingOutcome outcome{.parts = parts_of_shard(job, config_, shard), .made = 0};
  std::size_t seen = 0;
  EmbedderCounts before;
  std::chrono::duration<double> busy{0.0};
  const auto show = [&](std::size_t parts) {
    const std::size_t entities = parts * static_cast<std::size_t>(config_.llm.part_texts);
    const std::size_t total = outcome.parts * static_cast<std::size_t>(config_.llm.part_texts);
    report(callbacks_.on_progress,
           Progress{.what = what,
                    .done = static_cast<std::int64_t>(std::min(entities, job.entities)),
                    .total = static_cast<std::int64_t>(std::min(total, job.entities)),
                    .unit = plural(job.entity)});
  };
  const auto images = images_of(job, config_, ingest_, callbacks_.on_note);
  for_each_part(job, config_, ingest_, images, shard, [&](const PartTexts& texts) {
    ++seen;
    const std::optional<PartState> state = store.find(texts.part);
    if (state && state->hash == texts.hash()) {
      return;
    }
    Embedder& model = embedder(job.entity);
    if (outcome.made++ == 0) {
      before = model.counts();
    }
    show(seen - 1);
    const Clock::time_point start = Clock::now();
    const EmbeddingPart part = encode(texts, model);
    busy += Clock::now() - start;
    store.write(texts.part, part, type, scratch.path());
    show(seen);
  });
  if (outcome.made > 0) {
    note_speed(job, before, busy.count());
  }
  return outcome;
}

}  // namespace crossfade
