// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gguf.h>

namespace crossfade::testing {

/// |a - b| / |b|.
inline double relative_distance(std::span<const float> a, std::span<const float> b) {
  double difference = 0;
  double size = 0;
  for (std::size_t j = 0; j < b.size(); ++j) {
    difference += std::pow(double{a[j]} - double{b[j]}, 2);
    size += std::pow(double{b[j]}, 2);
  }
  return std::sqrt(difference / size);
}

/// The largest distance between rows.
inline double row_distance(const std::vector<float>& a,
                           const std::vector<float>& b,
                           std::size_t width) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); i += width) {
    worst = std::max(
        worst, relative_distance(std::span(a).subspan(i, width), std::span(b).subspan(i, width)));
  }
  return worst;
}

/// Copies a GGUF file; `count` float32 weights of `tensor` from `first` on are no numbers in it.
inline void copy_spoiled(const std::filesystem::path& model,
                         const std::filesystem::path& copy,
                         const std::string& tensor,
                         std::size_t first,
                         std::size_t count) {
  std::filesystem::copy_file(model, copy);
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> gguf(
      gguf_init_from_file(copy.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
  const std::size_t start =
      gguf_get_data_offset(gguf.get()) +
      gguf_get_tensor_offset(gguf.get(), gguf_find_tensor(gguf.get(), tensor.c_str()));
  const std::vector<float> weights(count, std::numeric_limits<float>::quiet_NaN());
  std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(start + first * sizeof(float)));
  file.write(reinterpret_cast<const char*>(weights.data()),
             static_cast<std::streamsize>(count * sizeof(float)));
}

}  // namespace crossfade::testing
