// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/plan.h"

#include <algorithm>
#include <utility>

#include "crossfade/core/artifact.h"
#include "crossfade/core/error.h"
#include "crossfade/core/hash.h"
#include "crossfade/core/toml.h"
#include "crossfade/features/embedding/entity_texts.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::array kEntities{Entity::kItem, Entity::kUser};

const LanguageModelConfig& model_of(const FeaturesConfig& config, Entity entity) {
  return entity == Entity::kItem ? static_cast<const LanguageModelConfig&>(config.llm.items)
                                 : config.llm.users;
}

// Whether the split hides a review of someone who trains this domain.
bool hides_reviews(const Dataset& dataset, Domain domain, const TrainingRows& training) {
  const RatingsView ratings = dataset.ratings(domain);
  for (std::size_t user = 0; user < dataset.users(); ++user) {
    if (training.users[user] != 0 &&
        std::ranges::any_of(ratings.items_of(static_cast<UserId>(user)),
                            [&](ItemId item) { return training.items[index(item)] == 0; })) {
      return true;
    }
  }
  return false;
}

TrainingRows visible_reviews(const Dataset& dataset, Domain domain, const TrainingRows& training) {
  if (hides_reviews(dataset, domain, training)) {
    return training;
  }
  return {.users = RowMask(dataset.users(), 1),
          .items = RowMask(dataset.items(domain), 1),
          .ratings = static_cast<std::int64_t>(dataset.ratings(domain).rows())};
}

std::string hash_of_model(const std::string& file, const fs::path& cache_file) {
  return file.empty() ? "none" : hash_input(file, cache_file).hash;
}

// Where the files lie does not matter, nor what is done with the vectors, nor what makes no
// difference but in speed.
template <typename ModelConfig>
std::string settings_text(const FeaturesConfig& config,
                          ModelConfig model,
                          const std::string& vision,
                          const fs::path& cache_file) {
  std::string text = fmt::format("model_hash = {}\nvision_hash = {}\n",
                                 toml_quote(hash_of_model(model.model, cache_file)),
                                 toml_quote(hash_of_model(vision, cache_file)));
  text += fmt::format("batch_tokens = {}\npart_texts = {}\nexact = {}\ndtype = {}\n",
                      config.llm.batch_tokens,
                      config.llm.part_texts,
                      config.llm.exact,
                      toml_quote(config.dtype));
  model.model.clear();
  model.dimension = 0;
  return text + to_toml(model, "", false);
}

std::string settings_of(const FeaturesConfig& config,
                        Entity entity,
                        const TrainingRows& visible,
                        const fs::path& cache_file) {
  if (entity == Entity::kItem) {
    ItemEmbeddingConfig model = config.llm.items;
    const std::string vision = std::exchange(model.vision, {});
    return settings_text(config, model, vision, cache_file);
  }
  Hasher hasher;
  hasher.bytes(visible.users.data(), visible.users.size());
  hasher.bytes(visible.items.data(), visible.items.size());
  const bool all = std::ranges::count(visible.users, 0) + std::ranges::count(visible.items, 0) == 0;
  return settings_text(config, config.llm.users, "", cache_file) +
         fmt::format("visible = {}\n", toml_quote(all ? "all" : hasher.hex()));
}

}  // namespace

std::string EmbeddingJob::name() const {
  return fmt::format("{} {}", name_of(domain), plural(entity));
}

bool wants_embeddings(const FeaturesConfig& config, Entity entity) {
  const auto& encoders = entity == Entity::kItem ? config.items : config.users;
  return std::ranges::find(encoders, "llm") != encoders.end();
}

void check_embeddings(const FeaturesConfig& config) {
  for (const Entity entity : kEntities) {
    require(!wants_embeddings(config, entity) || !model_of(config, entity).model.empty(),
            ErrorKind::kUsage,
            "features.llm.{}.model is not set; the encoder llm needs a language model, a GGUF file",
            plural(entity));
  }
  if (wants_embeddings(config, Entity::kItem)) {
    const ItemEmbeddingConfig& items = config.llm.items;
    require(make_prompt(items).has_image() || items.vision.empty(),
            ErrorKind::kUsage,
            "features.llm.items.vision = \"{}\" would see nothing: {{image}} does not stand in "
            "features.llm.items.prompt",
            items.vision);
  }
  if (wants_embeddings(config, Entity::kUser)) {
    static_cast<void>(make_prompt(config.llm.users));
  }
}

std::vector<EmbeddingJob> plan_embeddings(const FeaturesConfig& config,
                                          const fs::path& ingest,
                                          const Dataset& dataset,
                                          const PerDomain<TrainingRows>& training) {
  check_embeddings(config);
  const fs::path embeddings = ingest.parent_path() / "embeddings";
  const fs::path cache_file = embeddings / "input_hashes.json";
  std::vector<EmbeddingJob> jobs;
  for (const Entity entity : kEntities) {
    for (const Domain domain : kDomains) {
      if (!wants_embeddings(config, entity)) {
        continue;
      }
      EmbeddingJob job{
          .entity = entity,
          .domain = domain,
          .entities = entity == Entity::kItem ? dataset.items(domain) : dataset.users(),
          .visible = visible_reviews(dataset, domain, training[domain]),
          .settings = {},
          .directory = {}};
      job.settings = settings_of(config, entity, job.visible, cache_file);
      job.directory = embeddings / fmt::format("{}-{}-{}",
                                               name_of(domain),
                                               plural(entity),
                                               hash_text(job.settings).substr(0, 12));
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

}  // namespace crossfade
