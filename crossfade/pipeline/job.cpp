// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/job.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "crossfade/core/npy.h"
#include "crossfade/evaluation/predictions.h"
#include "crossfade/pipeline/fallback.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

std::vector<float> predict(Model& model, const HeldOut& rows) {
  std::vector<float> out(rows.users.size());
  model.score(rows.users, rows.items, out);
  return out;
}

ColdErrors errors_of(Model& model, const HeldOut& rows) {
  const std::vector<float> predicted = predict(model, rows);
  double squares = 0.0;
  double absolute = 0.0;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    const double error = static_cast<double>(predicted[row]) - rows.ratings[row];
    squares += error * error;
    absolute += std::abs(error);
  }
  const auto count = static_cast<double>(predicted.size());
  return {.rmse = std::sqrt(squares / count), .mae = absolute / count};
}

// The held-out users that decide on epochs, or nullptr.
const HeldOut* selection_rows(const Job& job) {
  const std::string& select = job.recipe.training.select;
  if (select == "last") {
    return nullptr;
  }
  return select == "test-oracle" ? &job.data.test : &job.data.validation;
}

void write_factors(const Factors& factors, const fs::path& directory) {
  const auto write = [&](const char* name, const std::vector<float>& table) {
    NpyWriter writer(directory / name, NpyType::kFloat32, factors.dimension);
    writer.append(table);
    writer.finish();
  };
  write("users.npy", factors.users);
  write("items.npy", factors.items);
}

// The predictions of a trained model for the held-out users of a role, as they are stored.
Predictions predictions_of(Model& model,
                           const std::optional<Factors>& factors,
                           Role role,
                           const Job& job) {
  const HeldOut& held_out = role == Role::kTest ? job.data.test : job.data.validation;
  // Every rating the source shop has of a user counts as activity, hidden from models or not.
  Predictions rows = make_predictions(
      role, held_out, predict(model, held_out), job.dataset.ratings(Domain::kSource));
  if (job.row.entry->untrained_items) {
    require(factors.has_value(), ErrorKind::kInternal, "untrained items without factor tables");
    fall_back(rows, *factors, job.data.target.view());
  }
  return rows;
}

Json to_json(const std::vector<PhaseReport>& phases) {
  Json json = Json::array();
  for (const PhaseReport& phase : phases) {
    json.push_back({{"name", phase.name},
                    {"rows", phase.rows},
                    {"epochs", phase.epochs},
                    {"best_epoch", phase.best_epoch},
                    {"seconds", phase.seconds},
                    {"least_mae", phase.least_mae ? Json(*phase.least_mae) : Json()}});
  }
  return json;
}

// The backbone that the job's model stands on, or nullptr.
const SharedBackbone* backbone_of(const Job& job) {
  const auto found = job.data.backbones.find(job.row.entry->backbone);
  return found == job.data.backbones.end() ? nullptr : &found->second;
}

ArtifactKey key_of(const Job& job) {
  const SharedBackbone* backbone = backbone_of(job);
  return {.stage = "model",
          .config = fmt::format("model = {}\nfallbacks = {}\nseed = {}\nselect = {}\n"
                                "device = {}\n{}",
                                job.row.entry->name,
                                job.row.entry->untrained_items ? "average item" : "none",
                                job.data.seed,
                                job.recipe.training.select,
                                job.recipe.training.device,
                                job.row.settings_text(false)),
          .inputs = {{"dataset", job.dataset.content_hash()},
                     {"split", job.data.split.hash()},
                     {"features", job.row.entry->uses_features ? job.data.features_hash : ""},
                     {"documents", job.row.entry->uses_documents ? job.data.documents_hash : ""},
                     {"backbone", backbone != nullptr ? backbone->hash : ""}}};
}

TrainingData training_data(const Job& job) {
  const SharedBackbone* backbone = backbone_of(job);
  return {.source = job.data.source.view(),
          .target = job.data.target.view(),
          .n_source_items = job.dataset.items(Domain::kSource),
          .n_target_items = job.dataset.items(Domain::kTarget),
          .roles = job.data.split.roles,
          .features = job.data.features ? &*job.data.features : nullptr,
          .documents = job.data.documents ? &*job.data.documents : nullptr,
          .backbone = backbone != nullptr ? &backbone->factors : nullptr,
          .profile = std::ranges::count(job.recipe.features.users, "profile") > 0,
          .profile_damping = job.recipe.features.profile_damping};
}

Json build(const Job& job, const TrainOptions& base, const fs::path& directory) {
  const Rng root(static_cast<std::uint64_t>(job.data.seed));
  const HeldOut* selection = selection_rows(job);
  TrainOptions options = base;
  options.rng = root.fork("training");
  if (selection != nullptr) {
    options.cold_errors = [selection](Model& model) { return errors_of(model, *selection); };
  }
  const TrainingData data = training_data(job);
  const std::unique_ptr<Model> model =
      make_model(*job.row.entry,
                 data,
                 job.row.settings,
                 {.rng = root.fork("model"), .device = find_device(job.recipe.training.device)});
  if (selection != nullptr) {
    model->set_validation(*selection);
  }
  const std::vector<PhaseReport> phases = train(*model, options);
  save_model(*model, directory / "model.pt");
  const std::optional<Factors> factors = model->factors();
  if (factors) {
    write_factors(*factors, directory);
  }
  save_predictions(predictions_of(*model, factors, Role::kValidation, job), directory / "val");
  save_predictions(predictions_of(*model, factors, Role::kTest, job), directory / "test");
  Json facts = Json::object();
  for (const auto& [name, value] : model->facts()) {
    facts[name] = value;
  }
  return {{"model", job.row.entry->name},
          {"seed", job.data.seed},
          {"split", job.data.split.hash()},
          {"select", job.recipe.training.select},
          {"phases", to_json(phases)},
          {"facts", facts}};
}

}  // namespace

ArtifactState run_job(const Job& job, const RunLayout& layout, const OnEpoch& on_epoch) {
  const ArtifactKey key = key_of(job);
  const fs::path checkpoint = layout.checkpoint(job.row.name, job.data.seed);
  make_directories(checkpoint.parent_path());
  const TrainOptions options{.on_epoch = on_epoch,
                             .checkpoint = checkpoint,
                             .fingerprint = key.fingerprint(),
                             .checkpoint_seconds = job.recipe.training.checkpoint_seconds};
  try {
    ArtifactState state =
        ensure_artifact(layout.model(job.row.name, job.data.seed), key, [&](const fs::path& into) {
          return build(job, options, into);
        });
    std::error_code ignored;
    fs::remove(checkpoint, ignored);
    return state;
  } catch (const Error& error) {
    throw error.within(fmt::format("{}, seed {}", job.row.name, job.data.seed));
  }
}

}  // namespace crossfade
