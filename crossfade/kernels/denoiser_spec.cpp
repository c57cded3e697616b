// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/denoiser_spec.h"

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

std::int64_t linear(std::int64_t in, std::int64_t out) {
  return in * out + out;
}

std::int64_t norm(std::int64_t width) {
  return 2 * width;
}

std::int64_t count_block(const DenoiserSpec& spec, std::int64_t width) {
  const std::int64_t condition = spec.condition_in_blocks ? spec.condition_width * width : 0;
  return 2 * norm(width) + 2 * linear(width, width) + linear(spec.time_width, width) + condition;
}

}  // namespace

DenoiserSpec make_unet(DenoiserSpec spec, std::span<const std::int64_t> widths) {
  require(!widths.empty(), ErrorKind::kUsage, "a denoiser needs at least one block width");
  auto& layers = spec.layers;
  layers = {{DenoiserOp::kLinear, spec.width, widths.front()}};
  for (std::size_t level = 0; level + 1 < widths.size(); ++level) {
    layers.push_back({DenoiserOp::kResBlock, widths[level], widths[level]});
    layers.push_back({DenoiserOp::kKeepSkip, widths[level], widths[level]});
    layers.push_back({DenoiserOp::kLinear, widths[level], widths[level + 1]});
  }
  const std::int64_t bottom = widths.back();
  layers.push_back({DenoiserOp::kResBlock, bottom, bottom});
  layers.push_back({DenoiserOp::kResBlock, bottom, bottom});
  for (std::size_t level = widths.size() - 1; level-- > 0;) {
    layers.push_back({DenoiserOp::kLinear, widths[level + 1], widths[level]});
    layers.push_back({DenoiserOp::kConcatSkip, widths[level], 2 * widths[level]});
    layers.push_back({DenoiserOp::kLinear, 2 * widths[level], widths[level]});
    layers.push_back({DenoiserOp::kResBlock, widths[level], widths[level]});
  }
  layers.push_back({DenoiserOp::kOutput, widths.front(), spec.width});
  return spec;
}

std::int64_t count_parameters(const DenoiserSpec& spec) {
  std::int64_t count =
      linear(2 * spec.time_frequencies, spec.time_width) + linear(spec.time_width, spec.time_width);
  if (spec.condition_width != spec.width) {
    count += spec.condition_width * spec.width;
  }
  for (const DenoiserLayer& layer : spec.layers) {
    switch (layer.op) {
      case DenoiserOp::kLinear:
        count += linear(layer.in, layer.out);
        break;
      case DenoiserOp::kResBlock:
        count += count_block(spec, layer.in);
        break;
      case DenoiserOp::kOutput:
        count += norm(layer.in) + linear(layer.in, layer.out);
        break;
      case DenoiserOp::kKeepSkip:
      case DenoiserOp::kConcatSkip:
        break;
    }
  }
  return count;
}

}  // namespace crossfade
