// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/score.h"

#include <algorithm>
#include <cstring>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

template <typename Id>
torch::Tensor indices(std::span<const Id> ids) {
  torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(ids.size())}, torch::kInt64);
  auto* out = tensor.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out[i] = static_cast<std::int64_t>(ids[i]);
  }
  return tensor;
}

}  // namespace

torch::Tensor index_tensor(std::span<const UserId> users) {
  return indices(users);
}

torch::Tensor index_tensor(std::span<const ItemId> items) {
  return indices(items);
}

torch::Tensor index_tensor(const std::vector<std::int64_t>& rows) {
  return torch::tensor(rows, torch::kInt64);
}

torch::Tensor rows_of(const torch::Tensor& table, const torch::Tensor& rows) {
  return table.index_select(0, rows.to(table.device()));
}

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto* data = plain.data_ptr<float>();
  return {data, data + plain.numel()};
}

void copy_into(torch::Tensor& tensor, std::span<const float> values) {
  require(static_cast<std::size_t>(tensor.numel()) == values.size(),
          ErrorKind::kInternal,
          "a table of {} elements was given {}",
          tensor.numel(),
          values.size());
  const torch::NoGradGuard no_grad;
  const torch::Tensor source = torch::empty(tensor.sizes());
  if (!values.empty()) {
    std::memcpy(source.data_ptr<float>(), values.data(), values.size_bytes());
  }
  tensor.copy_(source);
}

void score_by_factors(const torch::Tensor& user_table,
                      const torch::Tensor& item_table,
                      std::span<const UserId> users,
                      std::span<const ItemId> items,
                      std::span<float> out) {
  constexpr std::size_t kBlock = 65536;
  const torch::NoGradGuard no_grad;
  for (std::size_t first = 0; first < users.size(); first += kBlock) {
    const std::size_t count = std::min(kBlock, users.size() - first);
    const torch::Tensor scores = (user_table.index({index_tensor(users.subspan(first, count))}) *
                                  item_table.index({index_tensor(items.subspan(first, count))}))
                                     .sum(1)
                                     .to(torch::kCPU)
                                     .contiguous();
    std::memcpy(&out[first], scores.data_ptr<float>(), count * sizeof(float));
  }
}

}  // namespace crossfade
