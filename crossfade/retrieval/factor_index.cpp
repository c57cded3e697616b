// SPDX-License-Identifier: Apache-2.0
#include "crossfade/retrieval/factor_index.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

constexpr std::size_t kTileUsers = 64;
constexpr std::size_t kBlockBytes =
    std::size_t{128} * 1024;  // of items: half of a small second-level cache

// One order of additions for every pair, whatever is computed beside it.
float dot(const float* a, const float* b, std::size_t width) {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += a[i + lane] * b[i + lane];
    }
  }
  for (std::size_t lane = 0; i < width; ++i, ++lane) {
    sums[lane] += a[i] * b[i];
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

bool is_better(const ScoredItem& a, const ScoredItem& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

// The best n of the items offered in ascending order: a heap with the worst of them on top.
class TopN {
 public:
  TopN(std::size_t n, std::span<const ItemId> exclude) : n_(n), exclude_(exclude) {}

  void offer(ScoredItem candidate) {
    if (heap_.size() == n_ && (n_ == 0 || !is_better(candidate, heap_.front()))) {
      return;
    }
    if (is_excluded(candidate.item)) {
      return;
    }
    if (heap_.size() == n_) {
      std::ranges::pop_heap(heap_, is_better);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::ranges::push_heap(heap_, is_better);
  }

  [[nodiscard]] std::vector<ScoredItem> take() {
    std::ranges::sort_heap(heap_, is_better);
    return std::move(heap_);
  }

 private:
  // Items come in ascending order, so what lies before them is never asked for again.
  bool is_excluded(ItemId item) {
    const auto next = std::ranges::lower_bound(exclude_, item);
    exclude_ = exclude_.subspan(static_cast<std::size_t>(next - exclude_.begin()));
    return !exclude_.empty() && exclude_.front() == item;
  }

  std::size_t n_;
  std::span<const ItemId> exclude_;
  std::vector<ScoredItem> heap_;
};

// Offers all items to the users of a tile: a block of items stays in the cache for all of them.
void scan(std::span<const float> items,
          std::size_t width,
          std::span<const float* const> vectors,
          std::span<TopN> tops) {
  const std::size_t n_items = items.size() / width;
  const std::size_t block = std::max<std::size_t>(1, kBlockBytes / (width * sizeof(float)));
  for (std::size_t first = 0; first < n_items; first += block) {
    const std::size_t last = std::min(n_items, first + block);
    for (std::size_t user = 0; user < tops.size(); ++user) {
      for (std::size_t item = first; item < last; ++item) {
        const float score = dot(vectors[user], &items[item * width], width);
        require(!std::isnan(score),
                ErrorKind::kNumeric,
                "retrieval: the score of item {} is nan; the model diverged, train it again with "
                "a lower learning rate",
                item);
        tops[user].offer({.item = ItemId{static_cast<std::int32_t>(item)}, .score = score});
      }
    }
  }
}

}  // namespace

FactorIndex::FactorIndex(const std::filesystem::path& directory)
    : users_(directory / "users.npy"), items_(directory / "items.npy") {
  require(users_.columns() == items_.columns() && users_.columns() > 0 &&
              users_.type() == NpyType::kFloat32 && items_.type() == NpyType::kFloat32,
          ErrorKind::kData,
          "{}: users.npy has {} columns and items.npy {}; both must be float32 and equally wide",
          directory.string(),
          users_.columns(),
          items_.columns());
}

std::span<const float> FactorIndex::user_vector(UserId user) const {
  return users_.values<float>().subspan(index(user) * width(), width());
}

std::vector<ScoredItem> FactorIndex::top_n(UserId user,
                                           std::size_t n,
                                           std::span<const ItemId> exclude) const {
  return top_n(user_vector(user), n, exclude);
}

std::vector<ScoredItem> FactorIndex::top_n(std::span<const float> user_vector,
                                           std::size_t n,
                                           std::span<const ItemId> exclude) const {
  const float* vector = user_vector.data();
  TopN top(n, exclude);
  scan(items_.values<float>(), width(), std::span(&vector, 1), std::span(&top, 1));
  return top.take();
}

void FactorIndex::top_n(std::span<const UserId> users,
                        std::size_t n,
                        const Exclude& exclude,
                        const Sink& sink) const {
  while (!users.empty()) {
    const auto tile = users.first(std::min(users.size(), kTileUsers));
    std::vector<const float*> vectors;
    std::vector<TopN> tops;
    for (const UserId user : tile) {
      vectors.push_back(user_vector(user).data());
      tops.emplace_back(n, exclude ? exclude(user) : std::span<const ItemId>{});
    }
    scan(items_.values<float>(), width(), vectors, tops);
    for (std::size_t i = 0; i < tile.size(); ++i) {
      sink(tile[i], tops[i].take());
    }
    users = users.subspan(tile.size());
  }
}

}  // namespace crossfade
