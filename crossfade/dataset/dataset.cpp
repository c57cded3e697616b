// SPDX-License-Identifier: Apache-2.0
#include "crossfade/dataset/dataset.h"

#include <array>
#include <cstdint>
#include <type_traits>

#include "crossfade/core/error.h"
#include "crossfade/core/npy.h"
#include "crossfade/dataset/layout.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

void require_whole(bool condition, const fs::path& directory, std::string_view what) {
  require(condition,
          ErrorKind::kData,
          "{}: {} do not fit together; remove the directory and run again",
          directory.string(),
          what);
}

struct MappedDomain {
  NpyFile offsets;
  NpyFile items;
  NpyFile ratings;
  std::size_t n_items;

  MappedDomain(const fs::path& directory, std::size_t n_users, std::size_t item_count)
      : offsets(directory / kOffsetsFile),
        items(directory / kItemsFile),
        ratings(directory / kRatingsFile),
        n_items(item_count) {
    const auto positions = offsets.values<std::int64_t>();
    const bool whole = positions.size() == n_users + 1 && positions.front() == 0 &&
                       items.rows() == static_cast<std::size_t>(positions.back()) &&
                       ratings.rows() == items.rows();
    require_whole(whole, directory, "offsets, items and ratings");
  }

  [[nodiscard]] RatingsView view() const {
    // The elements of the mapped file are ItemIds: an enumeration has the layout of its
    // underlying type.
    static_assert(std::is_same_v<std::underlying_type_t<ItemId>, std::int32_t>);
    const auto ids = items.values<std::int32_t>();
    return {.offsets = offsets.values<std::int64_t>(),
            .items = {reinterpret_cast<const ItemId*>(ids.data()), ids.size()},
            .ratings = ratings.values<float>()};
  }
};

}  // namespace

struct Dataset::State {
  std::string content_hash;
  NpyFile name_offsets;
  NpyFile name_bytes;
  std::array<MappedDomain, 2> domains;

  State(const fs::path& directory, const Manifest& manifest, const DatasetCounts& counts)
      : content_hash(manifest.content_hash),
        name_offsets(directory / kNameOffsetsFile),
        name_bytes(directory / kNameBytesFile),
        domains{MappedDomain(directory / kSourceDirectory, counts.users, counts.source_items),
                MappedDomain(directory / kTargetDirectory, counts.users, counts.target_items)} {
    const auto positions = name_offsets.values<std::int64_t>();
    require_whole(positions.size() == counts.users + 1 &&
                      name_bytes.rows() == static_cast<std::size_t>(positions.back()),
                  directory,
                  "the user names and their offsets");
  }

  [[nodiscard]] const MappedDomain& domain(Domain which) const {
    return domains[static_cast<std::size_t>(which)];
  }
};

Dataset::Dataset(const fs::path& directory) {
  const Manifest manifest = read_manifest(directory);
  require(manifest.stage == "dataset",
          ErrorKind::kData,
          "{}: holds the artifact of stage \"{}\"; a dataset is expected",
          directory.string(),
          manifest.stage);
  state_ = std::make_unique<State>(directory, manifest, read_counts(manifest.details));
}

Dataset::~Dataset() = default;
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;

std::size_t Dataset::users() const noexcept {
  return state_->name_offsets.rows() - 1;
}

std::size_t Dataset::items(Domain domain) const noexcept {
  return state_->domain(domain).n_items;
}

RatingsView Dataset::ratings(Domain domain) const noexcept {
  return state_->domain(domain).view();
}

std::optional<UserId> Dataset::find_user(std::string_view id) const {
  const auto user_at = [](std::size_t row) { return UserId{static_cast<std::int32_t>(row)}; };
  std::size_t first = 0;
  std::size_t last = users();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (user_name(user_at(middle)) < id) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  const bool found = first < users() && user_name(user_at(first)) == id;
  return found ? std::optional(user_at(first)) : std::nullopt;
}

std::string_view Dataset::user_name(UserId user) const {
  const auto positions = state_->name_offsets.values<std::int64_t>();
  const auto bytes = state_->name_bytes.values<std::uint8_t>();
  const auto first = static_cast<std::size_t>(positions[index(user)]);
  const auto last = static_cast<std::size_t>(positions[index(user) + 1]);
  const auto name = bytes.subspan(first, last - first);
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

const std::string& Dataset::content_hash() const noexcept {
  return state_->content_hash;
}

}  // namespace crossfade
