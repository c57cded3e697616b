// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <torch/types.h>

#include "crossfade/dataset/ids.h"

namespace crossfade {

/// Ids as an int64 tensor [n], for indexing tables.
[[nodiscard]] torch::Tensor index_tensor(std::span<const UserId> users);
[[nodiscard]] torch::Tensor index_tensor(std::span<const ItemId> items);
[[nodiscard]] torch::Tensor index_tensor(const std::vector<std::int64_t>& rows);

/// The rows of `table` for indices int64 [n] on the CPU, wherever the table is.
[[nodiscard]] torch::Tensor rows_of(const torch::Tensor& table, const torch::Tensor& rows);

/// A float tensor of any shape as a flat vector, row by row.
[[nodiscard]] std::vector<float> to_vector(const torch::Tensor& tensor);

/// Copies `values` into `tensor`, which has as many elements.
void copy_into(torch::Tensor& tensor, std::span<const float> values);

/// out[r] = user_table[users[r]] . item_table[items[r]], in blocks of bounded size.
void score_by_factors(const torch::Tensor& user_table,
                      const torch::Tensor& item_table,
                      std::span<const UserId> users,
                      std::span<const ItemId> items,
                      std::span<float> out);

}  // namespace crossfade
