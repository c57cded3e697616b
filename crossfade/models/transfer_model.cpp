// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/transfer_model.h"

#include <algorithm>

#include "crossfade/core/error.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

// Rows that are computed at once: bounds memory, of which a map per user takes the most.
constexpr std::int64_t kUserBlock = 4096;
constexpr std::size_t kScoreBlock = 65536;

torch::Tensor table(const std::vector<float>& values, std::size_t width, torch::Device device) {
  const auto columns = static_cast<std::int64_t>(width);
  torch::Tensor out = torch::empty({static_cast<std::int64_t>(values.size()) / columns, columns});
  copy_into(out, values);
  return out.to(device);
}

}  // namespace

TransferModel::TransferModel(const TrainingData& data, const ModelContext& context)
    : data_(data), context_(context) {
  require(data.backbone != nullptr, ErrorKind::kInternal, "a transfer model without backbone");
  const DomainFactors& source = data.backbone->source;
  const DomainFactors& target = data.backbone->target;
  source_users_ = table(source.users, source.width, context.device);
  source_items_ = table(source.items, source.width, context.device);
  target_users_ = table(target.users, target.width, context.device);
  items_ = table(target.items, target.width, context.device);
  offsets_ = table(target.offsets, 1, context.device).squeeze(1);
  collect_overlap();
}

void TransferModel::collect_overlap() {
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> owners;
  std::vector<std::int64_t> items;
  std::vector<float> ratings;
  is_known_ = torch::zeros({static_cast<std::int64_t>(data_.n_users())}, torch::kBool);
  for (std::size_t u = 0; u < data_.n_users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const std::size_t count = data_.target.count(user);
    is_known_.data_ptr<bool>()[u] = count > 0;
    if (count == 0 || data_.roles[u] != Role::kOverlap) {
      continue;
    }
    users.push_back(static_cast<std::int64_t>(u));
    owners.insert(owners.end(), count, static_cast<std::int64_t>(u));
    for (const ItemId item : data_.target.items_of(user)) {
      items.push_back(static_cast<std::int64_t>(item));
    }
    const std::span<const float> own = data_.target.ratings_of(user);
    ratings.insert(ratings.end(), own.begin(), own.end());
  }
  require(!users.empty(), ErrorKind::kData, kNoOverlap);
  overlap_users_ = index_tensor(users);
  overlap_ratings_ = {.users = index_tensor(owners),
                      .items = index_tensor(items),
                      .ratings = table(ratings, 1, context_.device).squeeze(1)};
}

torch::Tensor TransferModel::known(const torch::Tensor& users) {
  return rows_of(target_users_, users);
}

torch::Tensor TransferModel::user_vectors(const torch::Tensor& users) {
  const torch::NoGradGuard no_grad;
  torch::Tensor vectors = torch::empty({users.size(0), width()}, items_.options());
  for (std::int64_t first = 0; first < users.size(0); first += kUserBlock) {
    const std::int64_t last = std::min(first + kUserBlock, users.size(0));
    const torch::Tensor known_here = is_known_.index({users.slice(0, first, last)});
    const auto fill = [&](const torch::Tensor& which, const auto& vectors_of) {
      const torch::Tensor rows = torch::nonzero(which).squeeze(1) + first;
      if (rows.size(0) > 0) {
        vectors.index_put_({rows.to(vectors.device())}, vectors_of(users.index({rows})));
      }
    };
    fill(known_here, [this](const torch::Tensor& who) { return known(who); });
    fill(known_here.logical_not(), [this](const torch::Tensor& who) { return transfer(who); });
  }
  return vectors;
}

void TransferModel::score(std::span<const UserId> users,
                          std::span<const ItemId> items,
                          std::span<float> out) {
  const torch::NoGradGuard no_grad;
  const auto [distinct, position, counts] =
      torch::unique_dim(index_tensor(users), 0, /*sorted=*/true, /*return_inverse=*/true);
  const torch::Tensor vectors = user_vectors(distinct);
  const torch::Tensor item_table = item_vectors();
  for (std::size_t first = 0; first < users.size(); first += kScoreBlock) {
    const std::size_t count = std::min(kScoreBlock, users.size() - first);
    const auto begin = static_cast<std::int64_t>(first);
    const torch::Tensor who = position.slice(0, begin, begin + static_cast<std::int64_t>(count));
    const torch::Tensor what = index_tensor(items.subspan(first, count));
    const torch::Tensor scores =
        rows_of(offsets_, what) + (rows_of(vectors, who) * rows_of(item_table, what)).sum(1);
    const std::vector<float> values = to_vector(scores);
    std::ranges::copy(values, out.begin() + begin);
  }
}

std::optional<Factors> TransferModel::factors() {
  const torch::Tensor users = user_vectors(torch::arange(is_known_.size(0), torch::kInt64));
  const torch::Tensor ones = torch::ones({users.size(0), 1}, users.options());
  return Factors{.dimension = static_cast<std::size_t>(width()) + 1,
                 .users = to_vector(torch::cat({users, ones}, 1)),
                 .items = to_vector(torch::cat({item_vectors(), offsets_.unsqueeze(1)}, 1))};
}

}  // namespace crossfade
