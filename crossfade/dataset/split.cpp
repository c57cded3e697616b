// SPDX-License-Identifier: Apache-2.0
#include "crossfade/dataset/split.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <span>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/hash.h"
#include "crossfade/core/json.h"
#include "crossfade/core/npy.h"
#include "crossfade/core/random.h"
#include "crossfade/core/toml.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMinTrainingOverlap = 2;
constexpr const char* kHiddenItemsFile = "hidden_items.npy";

std::vector<UserId> overlapping_users(const Dataset& dataset) {
  const RatingsView source = dataset.ratings(Domain::kSource);
  const RatingsView target = dataset.ratings(Domain::kTarget);
  std::vector<UserId> users;
  for (std::size_t row = 0; row < dataset.users(); ++row) {
    const UserId user{static_cast<std::int32_t>(row)};
    if (source.count(user) > 0 && target.count(user) > 0) {
      users.push_back(user);
    }
  }
  return users;
}

struct Parts {
  std::size_t test;
  std::size_t validation;
  std::size_t side;
};

std::size_t part(double fraction, std::size_t whole) {
  return static_cast<std::size_t>(std::llround(fraction * static_cast<double>(whole)));
}

Parts sizes_of_parts(const DatasetConfig& config, std::size_t overlap) {
  Parts parts{};
  parts.test = part(config.beta, overlap);
  parts.validation = part(config.validation, overlap - parts.test);
  parts.side = part(config.hide_source, overlap - parts.test - parts.validation);
  return parts;
}

void check_parts(const Parts& parts, const DatasetConfig& config, std::size_t overlap) {
  require(overlap >= kMinOverlap,
          ErrorKind::kData,
          "dataset: {} users rated in both domains; at least {} are needed",
          overlap,
          kMinOverlap);
  require(parts.test > 0,
          ErrorKind::kData,
          "dataset.beta = {} of {} overlapping users is no test user; raise it",
          config.beta,
          overlap);
  require(config.validation == 0 || parts.validation > 0 || parts.test == overlap,
          ErrorKind::kData,
          "dataset.validation = {} of {} overlapping users outside the test is no user; raise it, "
          "or set it to 0 to go without validation",
          config.validation,
          overlap - parts.test);
  const std::size_t training = overlap - parts.test - parts.validation - parts.side;
  require(training >= kMinTrainingOverlap,
          ErrorKind::kData,
          "dataset.beta = {}, dataset.validation = {} and dataset.hide_source = {} leave {} of {} "
          "overlapping users for training; at least {} are needed",
          config.beta,
          config.validation,
          config.hide_source,
          training,
          overlap,
          kMinTrainingOverlap);
}

bool is_training(Role role, Domain domain) {
  switch (role) {
    case Role::kSourceOnly:
    case Role::kValidation:
    case Role::kTest:
      return domain == Domain::kSource;
    case Role::kSide:
      return domain == Domain::kTarget;
    case Role::kOverlap:
      return true;
  }
  fail(ErrorKind::kInternal, "a user has no role");
}

bool is_hidden(const Split& split, Domain domain, ItemId item) {
  return domain == Domain::kTarget && !split.hidden_items.empty() &&
         split.hidden_items[index(item)] != 0;
}

// Hides items, and takes those who trained the target with nothing else out of it.
void hide_items(const Dataset& dataset, Split& split) {
  std::vector<std::size_t> items(dataset.items(Domain::kTarget));
  std::iota(items.begin(), items.end(), std::size_t{0});
  Rng rng = Rng(split.seed).fork("hidden items");
  shuffle(std::span(items), rng);
  split.hidden_items.assign(items.size(), 0);
  for (const std::size_t item :
       std::span(items).first(part(split.config.hide_items, items.size()))) {
    split.hidden_items[item] = 1;
  }
  const RatingsView target = dataset.ratings(Domain::kTarget);
  for (std::size_t row = 0; row < dataset.users(); ++row) {
    const auto rated = target.items_of(UserId{static_cast<std::int32_t>(row)});
    const bool all_hidden = std::ranges::all_of(
        rated, [&](ItemId item) { return is_hidden(split, Domain::kTarget, item); });
    if (is_training(split.roles[row], Domain::kTarget) && all_hidden) {
      split.roles[row] = Role::kSourceOnly;
    }
  }
  const auto left = std::ranges::count(split.roles, Role::kOverlap);
  require(
      left >= static_cast<std::ptrdiff_t>(kMinTrainingOverlap),
      ErrorKind::kData,
      "dataset.hide_items = {} leaves {} overlapping users for training; at least {} are needed",
      split.config.hide_items,
      left,
      kMinTrainingOverlap);
}

std::vector<std::uint8_t> trained_items(const Dataset& dataset, const Split& split) {
  const RatingsView target = dataset.ratings(Domain::kTarget);
  std::vector<std::uint8_t> trained(dataset.items(Domain::kTarget), 0);
  for (std::size_t row = 0; row < dataset.users(); ++row) {
    if (is_training(split.roles[row], Domain::kTarget)) {
      for (const ItemId item : target.items_of(UserId{static_cast<std::int32_t>(row)})) {
        trained[index(item)] = is_hidden(split, Domain::kTarget, item) ? 0 : 1;
      }
    }
  }
  return trained;
}

void append(HeldOut& out,
            UserId user,
            const RatingsView& target,
            const std::vector<std::uint8_t>& trained) {
  const auto items = target.items_of(user);
  const auto ratings = target.ratings_of(user);
  out.users.insert(out.users.end(), items.size(), user);
  out.items.insert(out.items.end(), items.begin(), items.end());
  out.ratings.insert(out.ratings.end(), ratings.begin(), ratings.end());
  std::ranges::transform(items, std::back_inserter(out.unseen_item), [&](ItemId item) {
    return static_cast<std::uint8_t>(1 - trained[index(item)]);
  });
}

std::span<const std::uint8_t> bytes_of(const std::vector<Role>& roles) {
  return {reinterpret_cast<const std::uint8_t*>(roles.data()), roles.size()};
}

}  // namespace

std::vector<UserId> Split::users(Role role) const {
  std::vector<UserId> users;
  for (std::size_t row = 0; row < roles.size(); ++row) {
    if (roles[row] == role) {
      users.push_back(UserId{static_cast<std::int32_t>(row)});
    }
  }
  return users;
}

std::string Split::hash() const {
  Hasher hasher;
  hasher.text(std::to_string(seed));
  hasher.text(to_toml(config, "", false));
  hasher.bytes(roles.data(), roles.size());
  hasher.bytes(hidden_items.data(), hidden_items.size());
  return hasher.hex();
}

Split draw_split(const Dataset& dataset, const DatasetConfig& config, std::uint64_t seed) {
  check_settings(config);
  std::vector<UserId> overlap = overlapping_users(dataset);
  const Parts parts = sizes_of_parts(config, overlap.size());
  check_parts(parts, config, overlap.size());

  Split split{.seed = seed, .config = config, .roles = {}, .hidden_items = {}};
  const RatingsView target = dataset.ratings(Domain::kTarget);
  split.roles.resize(dataset.users());
  for (std::size_t row = 0; row < dataset.users(); ++row) {
    const bool in_target = target.count(UserId{static_cast<std::int32_t>(row)}) > 0;
    split.roles[row] = in_target ? Role::kSide : Role::kSourceOnly;
  }
  Rng rng = Rng(seed).fork("split");
  shuffle(std::span(overlap), rng);
  std::size_t next = 0;
  const auto assign = [&](Role role, std::size_t end) {
    for (; next < end; ++next) {
      split.roles[index(overlap[next])] = role;
    }
  };
  assign(Role::kTest, parts.test);
  assign(Role::kValidation, next + parts.validation);
  assign(Role::kSide, next + parts.side);
  assign(Role::kOverlap, overlap.size());
  if (config.hide_items > 0.0) {
    hide_items(dataset, split);
  }
  return split;
}

void save_split(const Split& split, const fs::path& directory) {
  StagedDirectory staged(directory);
  write_npy(staged.path() / "roles.npy", bytes_of(split.roles));
  if (!split.hidden_items.empty()) {
    write_npy<std::uint8_t>(staged.path() / kHiddenItemsFile, split.hidden_items);
  }
  const Json json = {
      {"seed", split.seed}, {"config", to_toml(split.config, "", false)}, {"hash", split.hash()}};
  write_file(staged.path() / "split.json", json.dump(2) + "\n");
  staged.commit();
}

Split load_split(const fs::path& directory) {
  const fs::path file = directory / "split.json";
  const NpyFile roles(directory / "roles.npy");
  Split split;
  std::string hash;
  try {
    const Json json = Json::parse(read_file(file));
    split.seed = json.at("seed");
    hash = json.at("hash");
    apply_toml(split.config, parse_toml(json.at("config").get<std::string>(), file.string()));
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData, "{}: is damaged; remove its directory and run again", file.string());
  }
  for (const std::uint8_t role : roles.values<std::uint8_t>()) {
    split.roles.push_back(static_cast<Role>(role));
  }
  if (fs::exists(directory / kHiddenItemsFile)) {
    const NpyFile hidden(directory / kHiddenItemsFile);
    const auto values = hidden.values<std::uint8_t>();
    split.hidden_items.assign(values.begin(), values.end());
  }
  require(split.hash() == hash,
          ErrorKind::kData,
          "{}: its files do not belong together; remove the directory and run again",
          directory.string());
  return split;
}

Ratings training_ratings(const Dataset& dataset, const Split& split, Domain domain) {
  const RatingsView all = dataset.ratings(domain);
  Ratings out;
  out.offsets.reserve(dataset.users() + 1);
  out.items.reserve(all.rows());
  out.ratings.reserve(all.rows());
  for (std::size_t row = 0; row < dataset.users(); ++row) {
    const UserId user{static_cast<std::int32_t>(row)};
    if (is_training(split.roles[row], domain)) {
      const auto items = all.items_of(user);
      for (std::size_t n = 0; n < items.size(); ++n) {
        if (!is_hidden(split, domain, items[n])) {
          out.items.push_back(items[n]);
          out.ratings.push_back(all.ratings_of(user)[n]);
        }
      }
    }
    out.offsets.push_back(static_cast<std::int64_t>(out.items.size()));
  }
  return out;
}

HeldOut held_out_ratings(const Dataset& dataset, const Split& split, Role role) {
  assert(role == Role::kValidation || role == Role::kTest);
  const RatingsView target = dataset.ratings(Domain::kTarget);
  const std::vector<std::uint8_t> trained = trained_items(dataset, split);
  HeldOut out;
  for (const UserId user : split.users(role)) {
    append(out, user, target, trained);
  }
  return out;
}

}  // namespace crossfade
