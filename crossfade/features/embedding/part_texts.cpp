// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/part_texts.h"

#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/hash.h"
#include "crossfade/features/embedding/entity_texts.h"
#include "crossfade/features/image_table.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

// The name without its folders: data that is moved as a whole stays what it is.
std::string state_of_image(const std::string& image) {
  if (image.empty()) {
    return "none";
  }
  return fs::path(image).filename().string() + ":" + state_of_image_file(image);
}

// Cuts the stream of texts into parts.
class Cutter {
 public:
  Cutter(std::size_t parts,
         std::size_t part_texts,
         Shard shard,
         const std::function<void(const PartTexts&)>& on_part)
      : parts_(parts), part_texts_(part_texts), shard_(shard), on_part_(on_part) {}

  void add(std::size_t entity, EmbeddingText text) {
    close_before(entity / part_texts_);
    if (shard_.has(current_.part)) {
      current_.entities.push_back(static_cast<std::int32_t>(entity));
      current_.texts.push_back(std::move(text));
    }
  }

  void finish() { close_before(parts_); }

 private:
  void close_before(std::size_t part) {
    while (current_.part < part) {
      if (shard_.has(current_.part)) {
        on_part_(current_);
      }
      current_ = {.part = current_.part + 1, .entities = {}, .texts = {}};
    }
  }

  std::size_t parts_;
  std::size_t part_texts_;
  Shard shard_;
  const std::function<void(const PartTexts&)>& on_part_;
  PartTexts current_;
};

// The reviews of users in other shards need not be read.
RowMask users_of_shard(const RowMask& users, std::size_t part_texts, Shard shard) {
  RowMask mask = users;
  for (std::size_t user = 0; user < mask.size(); ++user) {
    mask[user] = shard.has(user / part_texts) ? mask[user] : 0;
  }
  return mask;
}

}  // namespace

std::string PartTexts::hash() const {
  Hasher hasher;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    hasher.text(std::to_string(entities[i]));
    hasher.text(texts[i].before);
    hasher.text(state_of_image(texts[i].image));
    hasher.text(texts[i].after);
  }
  return hasher.hex();
}

std::size_t count_parts(const EmbeddingJob& job, const FeaturesConfig& config) {
  const auto size = static_cast<std::size_t>(config.llm.part_texts);
  return (job.entities + size - 1) / size;
}

void for_each_part(const EmbeddingJob& job,
                   const FeaturesConfig& config,
                   const fs::path& ingest,
                   const std::vector<std::string>& images,
                   Shard shard,
                   const std::function<void(const PartTexts&)>& on_part) {
  const auto part_texts = static_cast<std::size_t>(config.llm.part_texts);
  Cutter cutter(count_parts(job, config), part_texts, shard, on_part);
  const auto add = [&](std::size_t entity, EmbeddingText text) {
    cutter.add(entity, std::move(text));
  };
  if (job.entity == Entity::kItem) {
    read_item_prompts(ingest, job.domain, job.entities, images, make_prompt(config.llm.items), add);
  } else {
    const RowMask users = users_of_shard(job.visible.users, part_texts, shard);
    read_user_prompts(ingest,
                      job.domain,
                      {users, job.visible.items},
                      config.llm.users,
                      make_prompt(config.llm.users),
                      add);
  }
  cutter.finish();
}

}  // namespace crossfade
