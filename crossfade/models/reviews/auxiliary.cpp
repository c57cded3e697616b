// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/auxiliary.h"

#include <vector>

namespace crossfade {
namespace {

bool is_cold(Role role) {
  return role == Role::kValidation || role == Role::kTest;
}

// The reviews of one item.
class ItemReviews {
 public:
  ItemReviews(const RatingsView& ratings, const DocumentTable& items)
      : ratings_(ratings), items_(items), owners_(owners_of(ratings)) {}

  [[nodiscard]] UserId owner(std::int64_t row) const {
    return owners_[static_cast<std::size_t>(row)];
  }

  // Those of `item` with exactly `rating` whose writers `may` be taken, ascending.
  template <typename May>
  void find(ItemId item, float rating, const May& may, std::vector<std::int64_t>& out) const {
    out.clear();
    for (std::int64_t n = items_.offsets[index(item)]; n < items_.offsets[index(item) + 1]; ++n) {
      const std::int64_t row = items_.row(n);
      if (ratings_.ratings[static_cast<std::size_t>(row)] == rating && may(owner(row))) {
        out.push_back(row);
      }
    }
  }

 private:
  const RatingsView& ratings_;
  const DocumentTable& items_;
  std::vector<UserId> owners_;
};

std::int64_t choose(const std::vector<std::int64_t>& candidates, Rng& rng) {
  return candidates[static_cast<std::size_t>(rng.below(candidates.size()))];
}

}  // namespace

DocumentTable catn_auxiliary(const RatingsView& ratings,
                             const DocumentTable& items,
                             std::span<const Role> roles,
                             const Rng& rng,
                             std::string_view stream) {
  const ItemReviews reviews(ratings, items);
  DocumentTable table;
  std::vector<std::int64_t> found;
  for (std::size_t u = 0; u < roles.size(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const auto may = [&](UserId other) {
      const Role role = roles[index(other)];
      return other != user && (role == Role::kSourceOnly || role == Role::kSide);
    };
    Rng draws = rng.fork(stream, u);
    const bool wanted = is_cold(roles[u]) || roles[u] == Role::kOverlap;
    for (std::size_t n = 0; wanted && n < ratings.count(user); ++n) {
      for (const float off : {0.0F, 1.0F, -1.0F}) {
        reviews.find(ratings.items_of(user)[n], ratings.ratings_of(user)[n] + off, may, found);
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
  const ItemReviews reviews(source, source_items);
  DocumentTable table;
  std::vector<std::int64_t> found;
  for (std::size_t u = 0; u < roles.size(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    for (std::int64_t row = target.offsets[u]; row < target.offsets[u + 1]; ++row) {
      table.rows.push_back(row);
    }
    const auto may = [&](UserId other) {
      return other != user && roles[index(other)] == Role::kOverlap && target.count(other) > 0;
    };
    Rng draws = rng.fork("auxiliary", u);
    for (std::size_t n = 0; is_cold(roles[u]) && n < source.count(user); ++n) {
      reviews.find(source.items_of(user)[n], source.ratings_of(user)[n], may, found);
      if (!found.empty()) {
        const UserId other = reviews.owner(choose(found, draws));
        table.rows.push_back(target.offsets[index(other)] +
                             static_cast<std::int64_t>(draws.below(target.count(other))));
      }
    }
    table.close();
  }
  return table;
}

}  // namespace crossfade
