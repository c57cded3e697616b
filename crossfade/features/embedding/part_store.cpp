// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/part_store.h"

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/json.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kValues = ".npy";
constexpr std::string_view kEntities = ".ids.npy";
constexpr std::string_view kState = ".json";

std::string name_of_part(std::size_t part) {
  return fmt::format("part-{:05}", part);
}

Json to_json(const PartState& state) {
  Json problems = Json::array();
  for (const EmbeddingProblem& problem : state.problems) {
    problems.push_back({{"entity", problem.entity}, {"what", problem.what}});
  }
  const EmbedderCounts& counts = state.counts;
  return {{"hash", state.hash},
          {"texts", counts.texts},
          {"tokens", counts.tokens},
          {"tokens_cut", counts.tokens_cut},
          {"texts_cut", counts.texts_cut},
          {"images", counts.images},
          {"problems", problems}};
}

PartState from_json(const Json& json) {
  PartState state{.hash = json.at("hash"),
                  .problems = {},
                  .counts = {.texts = json.at("texts"),
                             .tokens = json.at("tokens"),
                             .tokens_cut = json.at("tokens_cut"),
                             .texts_cut = json.at("texts_cut"),
                             .images = json.at("images")}};
  for (const Json& problem : json.at("problems")) {
    state.problems.push_back({.entity = problem.at("entity"), .what = problem.at("what")});
  }
  return state;
}

// Image decoders and file names may bring bytes that are no UTF-8, which JSON cannot hold.
std::string to_text(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

fs::path PartStore::file(std::size_t part, std::string_view ending) const {
  return directory_ / (name_of_part(part) + std::string(ending));
}

std::optional<PartState> PartStore::find(std::size_t part) const {
  const fs::path state = file(part, kState);
  if (!fs::exists(state) || !fs::exists(file(part, kValues)) ||
      !fs::exists(file(part, kEntities))) {
    return std::nullopt;
  }
  try {
    return from_json(Json::parse(read_file(state)));
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void PartStore::write(std::size_t part,
                      const EmbeddingPart& content,
                      NpyType type,
                      const fs::path& scratch) const {
  std::error_code ignored;
  fs::remove(file(part, kState), ignored);  // an earlier part no longer counts
  const fs::path values = scratch / "values.npy";
  NpyWriter writer(values, type, content.width);
  writer.append(content.values);
  writer.finish();
  const fs::path entities = scratch / "ids.npy";
  write_npy<std::int32_t>(entities, content.entities);
  move_file(values, file(part, kValues));
  move_file(entities, file(part, kEntities));
  write_file(scratch / "state.json", to_text(to_json(content.state)));
  move_file(scratch / "state.json", file(part, kState));
}

NpyFile PartStore::values(std::size_t part) const {
  return NpyFile(file(part, kValues));
}

std::vector<std::int32_t> PartStore::entities(std::size_t part) const {
  const NpyFile ids(file(part, kEntities));
  const auto values = ids.values<std::int32_t>();
  return {values.begin(), values.end()};
}

}  // namespace crossfade
