// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "crossfade/backbone/backbone.h"
#include "crossfade/core/artifact.h"
#include "crossfade/dataset/split.h"
#include "crossfade/features/features.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/pipeline/recipe.h"
#include "crossfade/training/trainer.h"

namespace crossfade {

/// A backbone and the hash of its artifact.
struct SharedBackbone {
  Backbone factors;
  std::string hash;
};

/// What all models of one seed share; computed once, read by many threads.
struct SeedData {
  std::int64_t seed = 0;
  Split split;
  Ratings source;  ///< training_ratings of the two domains.
  Ratings target;
  HeldOut validation;
  HeldOut test;
  std::optional<FeatureSet> features;
  std::string features_hash;
  std::optional<DocumentSet> documents;
  std::string documents_hash;
  std::map<BackboneKind, SharedBackbone> backbones;  ///< Of the kinds that rows ask for.
};

/// One model row trained on one seed.
struct Job {
  const Recipe& recipe;
  const Dataset& dataset;
  const ModelRow& row;
  const SeedData& data;
};

/// Trains the job's model, or goes on where its checkpoint stands, and writes the artifact
/// models/<row>/seed-<n>: state, factor tables, predictions on validation and test rows,
/// with what fall_back says where the model's entry has untrained_items.
/// @throws Error  of the model or the trainer.
ArtifactState run_job(const Job& job, const RunLayout& layout, const OnEpoch& on_epoch);

}  // namespace crossfade
