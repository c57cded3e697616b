// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/features.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/toml.h"
#include "crossfade/features/block.h"
#include "crossfade/features/embedding/llama_embedder.h"
#include "crossfade/features/embedding/llm_features.h"
#include "crossfade/features/embedding/merge.h"
#include "crossfade/features/image_features.h"
#include "crossfade/features/image_table.h"
#include "crossfade/features/precomputed.h"
#include "crossfade/features/text_features.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

bool names(const std::vector<std::string>& encoders, std::string_view encoder) {
  return std::ranges::find(encoders, encoder) != encoders.end();
}

bool wants_text(const FeaturesConfig& config) {
  return names(config.items, "text") || names(config.items, "builtin");
}

bool wants_images(const FeaturesConfig& config) {
  return names(config.items, "image") || names(config.items, "builtin");
}

bool wants_user_matrix(const FeaturesConfig& config) {
  return names(config.users, "reviews") || wants_embeddings(config, Entity::kUser) ||
         names(config.users, "precomputed");
}

void check(const FeaturesConfig& config) {
  check_settings(config);
  require(!config.items.empty(),
          ErrorKind::kUsage,
          "features.items is empty; name at least one of: builtin, text, image, llm, "
          "precomputed");
  check_precomputed(config);
  check_embeddings(config);
}

using Jobs = std::vector<EmbeddingJob>;

std::vector<FeatureBlock> encode_items(const Workspace& workspace,
                                       const fs::path& descriptors,
                                       const Jobs& jobs) {
  std::vector<FeatureBlock> blocks;
  if (wants_text(workspace.config)) {
    blocks.push_back(encode_item_texts(workspace));
  }
  if (wants_images(workspace.config)) {
    blocks.push_back(encode_item_images(workspace, descriptors));
  }
  if (wants_embeddings(workspace.config, Entity::kItem)) {
    blocks.push_back(encode_with_llm(workspace, Entity::kItem, jobs));
  }
  if (names(workspace.config.items, "precomputed")) {
    blocks.push_back(read_precomputed(workspace, Entity::kItem));
  }
  return blocks;
}

std::vector<FeatureBlock> encode_users(const Workspace& workspace, const Jobs& jobs) {
  std::vector<FeatureBlock> blocks;
  if (names(workspace.config.users, "reviews")) {
    blocks.push_back(encode_user_reviews(workspace));
  }
  if (wants_embeddings(workspace.config, Entity::kUser)) {
    blocks.push_back(encode_with_llm(workspace, Entity::kUser, jobs));
  }
  if (names(workspace.config.users, "precomputed")) {
    blocks.push_back(read_precomputed(workspace, Entity::kUser));
  }
  return blocks;
}

// So that parent_path is the folder the directory lies in.
fs::path without_trailing_slash(const fs::path& directory) {
  const fs::path normal = fs::absolute(directory).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

PerDomain<fs::path> matrix_files(const fs::path& directory, std::string_view kind) {
  return {.source = directory / fmt::format("source_{}.npy", kind),
          .target = directory / fmt::format("target_{}.npy", kind)};
}

Json build(const Workspace& workspace,
           const fs::path& descriptors,
           const Jobs& jobs,
           const fs::path& directory) {
  const NpyType type = element_type(workspace.config);
  const PerDomain<TrainingRows>& training = workspace.training;
  Json details;
  const std::vector<FeatureBlock> items = encode_items(workspace, descriptors, jobs);
  write_features(items,
                 {&training.source.items, &training.target.items},
                 type,
                 matrix_files(directory, "items"));
  details["items"] = describe(items);
  if (wants_user_matrix(workspace.config)) {
    const std::vector<FeatureBlock> users = encode_users(workspace, jobs);
    write_features(users,
                   {&training.source.users, &training.target.users},
                   type,
                   matrix_files(directory, "users"));
    details["users"] = describe(users);
  }
  return details;
}

// Of the embeddings, features depend on the content; how fast they were made, and from where, makes
// no difference.
FeaturesConfig without_embedding_settings(FeaturesConfig config) {
  const std::int64_t items = config.llm.items.dimension;
  const std::int64_t users = config.llm.users.dimension;
  config.llm = {};
  config.llm.items.dimension = items;
  config.llm.users.dimension = users;
  return config;
}

ArtifactKey key_of(const FeaturesConfig& config,
                   const fs::path& ingest_directory,
                   const Dataset& dataset,
                   const Split& split,
                   const fs::path& directory) {
  ArtifactKey key{
      .stage = "features",
      .config = to_toml(without_embedding_settings(config), "features", false),
      .inputs = {{.name = "ingest", .hash = read_manifest(ingest_directory).content_hash},
                 {.name = "dataset", .hash = dataset.content_hash()},
                 {.name = "split", .hash = split.hash()}}};
  for (ArtifactInput& input :
       precomputed_inputs(config, directory.parent_path() / "input_hashes.json")) {
    key.inputs.push_back(std::move(input));
  }
  return key;
}

}  // namespace

ArtifactState build_features(const FeaturesConfig& config,
                             const fs::path& ingest_directory,
                             const Dataset& dataset,
                             const Split& split,
                             const fs::path& directory,
                             const FeatureCallbacks& callbacks) {
  check(config);
  const fs::path final_directory = without_trailing_slash(directory);
  ArtifactKey key = key_of(config, ingest_directory, dataset, split, final_directory);
  const fs::path descriptors = final_directory.parent_path() / "image_descriptors";
  if (wants_images(config)) {
    const ArtifactState images =
        ensure_image_descriptors(ingest_directory, config.image.downloads, descriptors, callbacks);
    key.inputs.push_back({.name = "image descriptors", .hash = images.manifest.content_hash});
  }
  Jobs jobs;
  if (wants_embeddings(config, Entity::kItem) || wants_embeddings(config, Entity::kUser)) {
    jobs = plan_embeddings(config, ingest_directory, dataset, find_training_rows(dataset, split));
    ensure_embeddings(jobs, {config, ingest_directory, dataset, callbacks}, [&](Entity entity) {
      return make_llama_embedder(config, entity);
    });
  }
  for (const EmbeddingJob& job : jobs) {
    key.inputs.push_back(
        {.name = job.name() + " embeddings", .hash = read_manifest(job.merged()).content_hash});
  }
  return ensure_artifact(final_directory, key, [&](const fs::path& staging) {
    const Workspace workspace{.config = config,
                              .ingest = ingest_directory,
                              .scratch = staging / "scratch",
                              .dataset = dataset,
                              .training = find_training_rows(dataset, split),
                              .rng = Rng(split.seed).fork("features"),
                              .callbacks = callbacks};
    make_directories(workspace.scratch);
    Json details = build(workspace, descriptors, jobs, staging);
    std::error_code code;
    fs::remove_all(workspace.scratch, code);
    require(!code, ErrorKind::kIo, "{}: {}", workspace.scratch.string(), code.message());
    return details;
  });
}

FeatureSet open_features(const fs::path& directory) {
  const Manifest manifest = read_manifest(directory);
  require(manifest.stage == "features",
          ErrorKind::kData,
          "{}: is an artifact of stage {}, not features",
          directory.string(),
          manifest.stage);
  const auto open = [](const fs::path& file) { return FeatureMatrix(NpyFile(file)); };
  const PerDomain<fs::path> items = matrix_files(directory, "items");
  FeatureSet out{.source_items = open(items.source),
                 .target_items = open(items.target),
                 .source_users = std::nullopt,
                 .target_users = std::nullopt};
  if (manifest.details.contains("users")) {
    const PerDomain<fs::path> users = matrix_files(directory, "users");
    out.source_users = open(users.source);
    out.target_users = open(users.target);
  }
  return out;
}

}  // namespace crossfade
