// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/aspect_pool.h"

#include <algorithm>
#include <vector>

#include "crossfade/kernels/add_scaled.h"
#include "crossfade/kernels/fast_exp.h"
#include "crossfade/kernels/simd.h"

namespace crossfade {
namespace {

// open = sigmoid(gate) and g = open * projection over one position.
[[gnu::always_inline]] inline void gate(const float* h,
                                        std::size_t total,
                                        float* opened,
                                        float* out) {
  const float* __restrict gates = h;
  const float* __restrict projections = h + total;
  float* __restrict open = opened;
  float* __restrict g = out;
  for (std::size_t k = 0; k < total; ++k) {
    open[k] = 1.0F / (1.0F + fast_exp(-gates[k]));
    g[k] = open[k] * projections[k];
  }
}

[[gnu::always_inline]] inline float dot(const float* a, const float* b, std::size_t width) {
  // Eight sums, as a single one would have to be added in order.
  float sums[8] = {};
  std::size_t k = 0;
  for (; k + 8 <= width; k += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      sums[lane] += a[k + lane] * b[k + lane];
    }
  }
  float sum = 0.0F;
  for (const float part : sums) {
    sum += part;
  }
  for (; k < width; ++k) {
    sum += a[k] * b[k];
  }
  return sum;
}

// out = a x + b y
[[gnu::always_inline]] inline void blend(
    float a, const float* first, float b, const float* second, std::size_t width, float* to) {
  const float* __restrict x = first;
  const float* __restrict y = second;
  float* __restrict out = to;
  for (std::size_t k = 0; k < width; ++k) {
    out[k] = a * x[k] + b * y[k];
  }
}

// The gradient of gate, for the gradient `slope` of g.
[[gnu::always_inline]] inline void hand_back(
    const float* h, const float* opened, const float* slope, std::size_t total, float* h_gradient) {
  const float* __restrict projections = h + total;
  const float* __restrict open = opened;
  const float* __restrict g = slope;
  float* __restrict to_gates = h_gradient;
  float* __restrict to_projections = h_gradient + total;
  for (std::size_t k = 0; k < total; ++k) {
    to_projections[k] = g[k] * open[k];
    to_gates[k] = g[k] * projections[k] * open[k] * (1.0F - open[k]);
  }
}

// Turns the logits of aspect m, `stride` apart, into attention.
[[gnu::always_inline]] inline void attend(float* logits,
                                          std::size_t count,
                                          std::size_t stride,
                                          std::size_t length) {
  float most = count < length ? 0.0F : logits[0];
  for (std::size_t t = 0; t < count; ++t) {
    most = std::max(most, logits[t * stride]);
  }
  float sum = static_cast<float>(length - count) * fast_exp(-most);
  for (std::size_t t = 0; t < count; ++t) {
    logits[t * stride] = fast_exp(logits[t * stride] - most);
    sum += logits[t * stride];
  }
  for (std::size_t t = 0; t < count; ++t) {
    logits[t * stride] /= sum;
  }
}

}  // namespace

CROSSFADE_SIMD void pool_aspects(std::span<const std::int64_t> offsets,
                                 AspectShape shape,
                                 const float* h,
                                 const float* v,
                                 float* attention,
                                 float* pooled) {
  const std::size_t total = shape.total();
  std::vector<float> gated(shape.length * total);
  std::vector<float> open(total);
  for (std::size_t d = 0; d + 1 < offsets.size(); ++d) {
    const auto first = static_cast<std::size_t>(offsets[d]);
    const auto count = static_cast<std::size_t>(offsets[d + 1]) - first;
    float* weights = attention + first * shape.aspects;
    for (std::size_t t = 0; t < count; ++t) {
      float* g = gated.data() + t * total;
      gate(h + (first + t) * 2 * total, total, open.data(), g);
      for (std::size_t m = 0; m < shape.aspects; ++m) {
        weights[t * shape.aspects + m] = dot(g + m * shape.width, v + m * shape.width, shape.width);
      }
    }
    float* out = pooled + d * total;
    std::fill(out, out + total, 0.0F);
    for (std::size_t m = 0; m < shape.aspects; ++m) {
      attend(weights + m, count, shape.aspects, shape.length);
    }
    for (std::size_t t = 0; t < count; ++t) {
      for (std::size_t m = 0; m < shape.aspects; ++m) {
        add_scaled(weights[t * shape.aspects + m],
                   gated.data() + t * total + m * shape.width,
                   shape.width,
                   out + m * shape.width);
      }
    }
  }
}

CROSSFADE_SIMD void pool_aspects_back(std::span<const std::int64_t> offsets,
                                      AspectShape shape,
                                      const AspectPoolBack& back) {
  const std::size_t total = shape.total();
  const std::size_t width = shape.width;
  std::vector<float> buffers(4 * total);
  std::vector<float> pulls(shape.aspects);  // What attention costs a document as a whole.
  float* gated = buffers.data();
  float* open = gated + total;
  float* slope = open + total;
  float* v_gradient = slope + total;  // Apart from `back`, so that nothing overlaps.
  for (std::size_t d = 0; d + 1 < offsets.size(); ++d) {
    const float* given = back.pooled_gradient + d * total;
    const float* pooled = back.pooled + d * total;
    for (std::size_t m = 0; m < shape.aspects; ++m) {
      pulls[m] = dot(pooled + m * width, given + m * width, width);
    }
    for (std::int64_t t = offsets[d]; t < offsets[d + 1]; ++t) {
      const auto position = static_cast<std::size_t>(t);
      const float* h = back.h + position * 2 * total;
      gate(h, total, open, gated);
      for (std::size_t m = 0; m < shape.aspects; ++m) {
        const std::size_t at = m * width;
        const float weight = back.attention[position * shape.aspects + m];
        const float logit = weight * (dot(gated + at, given + at, width) - pulls[m]);
        blend(weight, given + at, logit, back.v + at, width, slope + at);
        add_scaled(logit, gated + at, width, v_gradient + at);
      }
      hand_back(h, open, slope, total, back.h_gradient + position * 2 * total);
    }
  }
  add_scaled(1.0F, v_gradient, total, back.v_gradient);
}

}  // namespace crossfade
