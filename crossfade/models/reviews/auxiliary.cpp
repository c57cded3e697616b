// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/auxiliary.h"

#include <algorithm>
#include <vector>

namespace crossfade {
namespace {

// The reviews by some of the users, grouped by item and rating: finding those of one rating costs a
// binary search, however popular the item is.
class LikeMinded {
 public:
  // `may` says whose reviews take part.
  template <typename May>
  LikeMinded(const RatingsView& ratings, const DocumentTable& items, const May& may)
      : ratings_(ratings), owners_(owners_of(ratings)) {
    for (std::size_t item = 0; item < items.documents(); ++item) {
      for (std::int64_t n = items.offsets[item]; n < items.offsets[item + 1]; ++n) {
        if (may(owner(items.row(n)))) {
          rows_.push_back(items.row(n));
        }
      }
      std::ranges::stable_sort(
          rows_.begin() + offsets_.back(), rows_.end(), {}, [&](auto row) { return rating(row); });
      offsets_.push_back(static_cast<std::ptrdiff_t>(rows_.size()));
    }
  }

  [[nodiscard]] UserId owner(std::int64_t row) const {
    return owners_[static_cast<std::size_t>(row)];
  }

  // The reviews of `item` with exactly `stars`, ascending.
  [[nodiscard]] std::span<const std::int64_t> find(ItemId item, float stars) const {
    const auto found = std::ranges::equal_range(rows_.begin() + offsets_[index(item)],
                                                rows_.begin() + offsets_[index(item) + 1],
                                                stars,
                                                {},
                                                [&](auto row) { return rating(row); });
    return {found.begin(), found.end()};
  }

 private:
  [[nodiscard]] float rating(std::int64_t row) const {
    return ratings_.ratings[static_cast<std::size_t>(row)];
  }

  const RatingsView& ratings_;
  std::vector<UserId> owners_;
  std::vector<std::int64_t> rows_;
  std::vector<std::ptrdiff_t> offsets_{0};
};

std::int64_t choose(std::span<const std::int64_t> candidates, Rng& rng) {
  return candidates[static_cast<std::size_t>(rng.below(candidates.size()))];
}

}  // namespace

DocumentTable catn_auxiliary(const RatingsView& ratings,
                             const DocumentTable& items,
                             std::span<const Role> roles,
                             const Rng& rng,
                             std::string_view stream) {
  const LikeMinded others(ratings, items, [&](UserId user) {
    const Role role = roles[index(user)];
    return role == Role::kSourceOnly || role == Role::kSide;
  });
  DocumentTable table;
  for (std::size_t u = 0; u < roles.size(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    Rng draws = rng.fork(stream, u);
    const bool wanted = is_held_out(roles[u]) || roles[u] == Role::kOverlap;
    for (std::size_t n = 0; wanted && n < ratings.count(user); ++n) {
      for (const float off : {0.0F, 1.0F, -1.0F}) {
        const auto found =
            others.find(ratings.items_of(user)[n], ratings.ratings_of(user)[n] + off);
        if (!found.empty()) {
          table.rows.push_back(choose(found, draws));
          break;
        }
      }
    }
    table.close();
  }
  return table;
}

DocumentTable omnimatch_target(const RatingsView& source,
                               const RatingsView& target,
                               const DocumentTable& source_items,
                               std::span<const Role> roles,
                               const Rng& rng) {
  const LikeMinded others(source, source_items, [&](UserId user) {
    return roles[index(user)] == Role::kOverlap && target.count(user) > 0;
  });
  DocumentTable table;
  for (std::size_t u = 0; u < roles.size(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    for (std::int64_t row = target.offsets[u]; row < target.offsets[u + 1]; ++row) {
      table.rows.push_back(row);
    }
    Rng draws = rng.fork("auxiliary", u);
    for (std::size_t n = 0; is_held_out(roles[u]) && n < source.count(user); ++n) {
      const auto found = others.find(source.items_of(user)[n], source.ratings_of(user)[n]);
      if (!found.empty()) {
        const UserId other = others.owner(choose(found, draws));
        table.rows.push_back(target.offsets[index(other)] +
                             static_cast<std::int64_t>(draws.below(target.count(other))));
      }
    }
    table.close();
  }
  return table;
}

}  // namespace crossfade
