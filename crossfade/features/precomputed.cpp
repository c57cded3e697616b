// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/precomputed.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/features/id_matrix.h"
#include "crossfade/features/tables.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// The two files of one matrix, and the setting that names it.
struct Files {
  std::string setting;
  std::string matrix;
  std::string ids;
};

Files files_of(const PrecomputedConfig& config, Domain domain, Entity entity) {
  const bool source = domain == Domain::kSource;
  if (entity == Entity::kItem) {
    return {.setting = source ? "source_items" : "target_items",
            .matrix = source ? config.source_items : config.target_items,
            .ids = source ? config.source_item_ids : config.target_item_ids};
  }
  return {.setting = source ? "source_users" : "target_users",
          .matrix = source ? config.source_users : config.target_users,
          .ids = source ? config.source_user_ids : config.target_user_ids};
}

std::vector<Files> requested(const FeaturesConfig& config) {
  std::vector<Files> out;
  for (const Entity entity : {Entity::kItem, Entity::kUser}) {
    const auto& encoders = entity == Entity::kItem ? config.items : config.users;
    if (std::ranges::find(encoders, "precomputed") != encoders.end()) {
      for (const Domain domain : kDomains) {
        out.push_back(files_of(config.precomputed, domain, entity));
      }
    }
  }
  return out;
}

// The dataset's number of each external id.
std::function<std::size_t(const std::string&)> find_entity(const Workspace& workspace,
                                                           Domain domain,
                                                           Entity entity) {
  if (entity == Entity::kUser) {
    return [&dataset = workspace.dataset](const std::string& id) {
      const std::optional<UserId> user = dataset.find_user(id);
      return user ? index(*user) : kNone;
    };
  }
  std::unordered_map<std::string, std::size_t> items;
  for (std::string& id : read_item_column(workspace.ingest, domain, "id")) {
    const std::size_t item = items.size();
    items.emplace(std::move(id), item);
  }
  return [items = std::move(items)](const std::string& id) {
    const auto found = items.find(id);
    return found == items.end() ? kNone : found->second;
  };
}

// Which row of the matrix each entity has; kNone for those without.
std::vector<std::size_t> match_rows(const IdMatrix& matrix,
                                    const Workspace& workspace,
                                    Domain domain,
                                    Entity entity) {
  const auto& training = workspace.training[domain];
  std::vector<std::size_t> rows(
      entity == Entity::kItem ? training.items.size() : training.users.size(), kNone);
  const auto find = find_entity(workspace, domain, entity);
  std::size_t unknown = 0;
  for (std::size_t row = 0; row < matrix.ids.size(); ++row) {
    const std::size_t found = find(matrix.ids[row]);
    if (found == kNone) {
      ++unknown;
      continue;
    }
    require(rows[found] == kNone,
            ErrorKind::kData,
            "{}: id \"{}\" stands in rows {} and {}; one row per id is expected",
            matrix.name,
            matrix.ids[row],
            rows[found] + 1,
            row + 1);
    rows[found] = row;
  }
  if (unknown > 0) {
    report(workspace.callbacks.on_note,
           fmt::format("{}: {} of {} ids are not in the dataset and are left out",
                       matrix.name,
                       unknown,
                       matrix.ids.size()));
  }
  return rows;
}

void check_finite(const IdMatrix& matrix, std::size_t row, std::span<const float> values) {
  const auto bad =
      std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
  require(bad == values.end(),
          ErrorKind::kData,
          "{}: row {} (id \"{}\"), column {}: {} is no finite number",
          matrix.name,
          row + 1,
          matrix.ids[row],
          bad - values.begin() + 1,
          bad == values.end() ? 0.0F : *bad);
}

RawFeatures arrange(const IdMatrix& matrix,
                    const Workspace& workspace,
                    Domain domain,
                    Entity entity) {
  const std::vector<std::size_t> rows = match_rows(matrix, workspace, domain, entity);
  const std::string_view kind = plural(entity);
  RawWriter writer(workspace.scratch / fmt::format("precomputed_{}_{}.npy", kind, name_of(domain)),
                   matrix.values.columns());
  std::vector<float> values(matrix.values.columns());
  std::size_t expected = 0;
  std::size_t missing = 0;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (entity == Entity::kUser && workspace.training[domain].users[n] == 0) {
      continue;
    }
    ++expected;
    if (rows[n] == kNone) {
      ++missing;
      continue;
    }
    matrix.values.read_row(rows[n], values);
    check_finite(matrix, rows[n], values);
    writer.put(n, values);
  }
  if (missing > 0) {
    report(workspace.callbacks.on_note,
           fmt::format("{}: {} of {} {} {} have no row and count as missing",
                       matrix.name,
                       missing,
                       expected,
                       name_of(domain),
                       kind));
  }
  return writer.finish(rows.size());
}

}  // namespace

void check_precomputed(const FeaturesConfig& config) {
  for (const Files& files : requested(config)) {
    require(!files.matrix.empty(),
            ErrorKind::kUsage,
            "features.precomputed.{} is not set; the encoder precomputed needs a .npy or "
            ".parquet file",
            files.setting);
    require(!files.ids.empty() || fs::path(files.matrix).extension() != ".npy",
            ErrorKind::kUsage,
            "features.precomputed.{} = \"{}\" needs the ids of its rows; set "
            "features.precomputed.{}_ids",
            files.setting,
            files.matrix,
            files.setting.substr(0, files.setting.size() - 1));
  }
}

std::vector<ArtifactInput> precomputed_inputs(const FeaturesConfig& config,
                                              const fs::path& cache_file) {
  std::vector<ArtifactInput> out;
  for (const Files& files : requested(config)) {
    out.push_back(hash_input(files.matrix, cache_file));
    if (!files.ids.empty()) {
      out.push_back(hash_input(files.ids, cache_file));
    }
  }
  return out;
}

FeatureBlock read_precomputed(const Workspace& workspace, Entity entity) {
  const auto read = [&](Domain domain) {
    const Files files = files_of(workspace.config.precomputed, domain, entity);
    return read_id_matrix(
        files.matrix, files.ids, workspace.scratch / fmt::format("{}.npy", files.setting));
  };
  const IdMatrix source = read(Domain::kSource);
  const IdMatrix target = read(Domain::kTarget);
  require(source.values.columns() == target.values.columns(),
          ErrorKind::kData,
          "{} has width {}, {} has width {}; both domains need features of one model",
          source.name,
          source.values.columns(),
          target.name,
          target.values.columns());
  return {.name = "precomputed",
          .raw = {.source = arrange(source, workspace, Domain::kSource, entity),
                  .target = arrange(target, workspace, Domain::kTarget, entity)}};
}

}  // namespace crossfade
