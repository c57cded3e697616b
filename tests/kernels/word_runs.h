// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/random.h"
#include "crossfade/kernels/word_run.h"

namespace crossfade::testing {

/// Documents laid end to end, with memory of their own.
class WordRuns {
 public:
  WordRuns() = default;

  WordRuns(std::initializer_list<std::vector<std::int32_t>> documents) {
    for (const std::vector<std::int32_t>& document : documents) {
      add(document);
    }
  }

  void add(const std::vector<std::int32_t>& document) {
    words_.insert(words_.end(), document.begin(), document.end());
    offsets_.push_back(static_cast<std::int64_t>(words_.size()));
  }

  [[nodiscard]] WordRun view() const { return {.offsets = offsets_, .words = words_}; }

  [[nodiscard]] std::size_t positions() const { return words_.size(); }

  [[nodiscard]] std::size_t documents() const { return offsets_.size() - 1; }

  [[nodiscard]] std::vector<std::int32_t> document(std::size_t d) const {
    return {words_.begin() + offsets_[d], words_.begin() + offsets_[d + 1]};
  }

 private:
  std::vector<std::int64_t> offsets_{0};
  std::vector<std::int32_t> words_;
};

/// Documents of the words 0 to `rows` - 1: empty ones (the first, the last and in between), of a
/// single word, shorter, as long and longer than any window, without any word, and one position in
/// five of the others without.
inline WordRuns ragged_documents(std::size_t rows, Rng rng) {
  WordRuns out;
  for (const int length : {0, 1, 2, 3, 4, 0, 0, 5, 6, 9, 17, 1, 0}) {
    std::vector<std::int32_t> document;
    for (int t = 0; t < length; ++t) {
      const bool none = length > 3 && rng.below(5) == 0;
      document.push_back(none ? kNoWord : static_cast<std::int32_t>(rng.below(rows)));
    }
    out.add(document);
    if (length == 6) {
      out.add(std::vector<std::int32_t>(4, kNoWord));
    }
  }
  return out;
}

/// Standard normal numbers.
inline std::vector<float> normal_values(std::size_t count, Rng rng) {
  std::vector<float> out(count);
  for (float& value : out) {
    value = static_cast<float>(rng.normal());
  }
  return out;
}

inline std::vector<double> in_double(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

/// sum_i a[i] b[i]: the loss whose gradient is handed to a kernel under test.
inline double inner(const std::vector<double>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

/// Expects `values` to be those of the reference, up to `tolerance` of the larger of both and 1.
inline void expect_near(const std::vector<float>& values,
                        const std::vector<double>& reference,
                        double tolerance) {
  ASSERT_EQ(values.size(), reference.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double scale = std::max(1.0, std::abs(reference[i]));
    ASSERT_NEAR(values[i], reference[i], tolerance * scale) << "element " << i;
  }
}

/// Expects `gradient` to be what central differences of `loss` over `parameters` give, in double.
inline void expect_gradient(const std::vector<float>& gradient,
                            std::vector<double> parameters,
                            const std::function<double(const std::vector<double>&)>& loss) {
  constexpr double kStep = 1e-6;
  std::vector<double> slopes;
  for (double& parameter : parameters) {
    const double at = parameter;
    parameter = at + kStep;
    const double above = loss(parameters);
    parameter = at - kStep;
    slopes.push_back((above - loss(parameters)) / (2.0 * kStep));
    parameter = at;
  }
  // Differences lose about half of a double's 16 digits, the kernels add up to some hundred floats.
  expect_near(gradient, slopes, 1e-4);
}

}  // namespace crossfade::testing
