// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/reduction/projection.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/features/reduction/moments.h"
#include "crossfade/features/reduction/sampler.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

SparseRows dense(std::size_t columns, const std::vector<float>& values) {
  SparseRows rows;
  rows.columns = columns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0.0F) {
      rows.indices.push_back(static_cast<std::int32_t>(i % columns));
      rows.values.push_back(values[i]);
    }
    if (i % columns == columns - 1) {
      rows.offsets.push_back(rows.indices.size());
    }
  }
  return rows;
}

// A = diag(1, 3, 2) below a row of zeros: the right singular vectors are the unit vectors 2, 3, 1.
TEST(TruncatedSvd, OrdersSingularVectorsAndMakesThemPositive) {
  const SparseRows a = dense(3, {0, 0, 0, -1, 0, 0, 0, 3, 0, 0, 0, -2});
  const Projection v = truncated_svd(a, 2, {.iterations = 40}, Rng(1));
  const std::vector<float> expected{0, 0, 1, 0, 0, 1};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(v.weights[i], expected[i], 1e-6) << i;
  }
}

// A matrix of rank 5 and its part along the vectors found: nothing may be left over.
TEST(TruncatedSvd, SpansAMatrixOfLowRank) {
  constexpr std::size_t kRows = 40;
  constexpr std::size_t kColumns = 30;
  Rng rng(5);
  std::vector<double> left(kRows * 5);
  std::vector<double> right(5 * kColumns);
  for (double& value : left) {
    value = rng.normal();
  }
  for (double& value : right) {
    value = rng.normal();
  }
  std::vector<float> product(kRows * kColumns);
  for (std::size_t i = 0; i < product.size(); ++i) {
    for (std::size_t k = 0; k < 5; ++k) {
      product[i] +=
          static_cast<float>(left[i / kColumns * 5 + k] * right[k * kColumns + i % kColumns]);
    }
  }
  const Projection v = truncated_svd(dense(kColumns, product), 8, {}, Rng(2));
  for (std::size_t row = 0; row < kRows; ++row) {
    std::vector<float> features(8);
    double squares = 0.0;
    for (std::size_t j = 0; j < kColumns; ++j) {
      v.add(j, product[row * kColumns + j], features);
      squares += double{product[row * kColumns + j]} * product[row * kColumns + j];
    }
    double kept = 0.0;
    for (const float feature : features) {
      kept += double{feature} * feature;
    }
    EXPECT_NEAR(kept / squares, 1.0, 1e-5);
    EXPECT_THAT(std::vector(features.begin() + 5, features.end()), ElementsAre(0, 0, 0));
  }
}

TEST(TruncatedSvd, AcceptsMatricesWithoutRowsOrColumns) {
  EXPECT_EQ(truncated_svd(SparseRows{}, 3, {}, Rng(1)).outputs, 3U);
  const Projection none = truncated_svd(dense(2, {0, 0}), 3, {}, Rng(1));
  EXPECT_THAT(none.weights, ElementsAre(0, 0, 0, 0, 0, 0));
}

// The eigenvectors of [[2, 1], [1, 2]] are (1, 1) and (1, -1), by sqrt(1/2), values 3 and 1.
TEST(PrincipalComponents, AreTheLeadingEigenvectors) {
  const Projection v = principal_components(std::vector<double>{2, 1, 1, 2}, 1);
  EXPECT_NEAR(v.weights[0], std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(v.weights[1], std::sqrt(0.5), 1e-6);
}

// The column 1, 2, 3 has mean 2 and variance 2/3; the second is constant.
TEST(Moments, StandardiseByPopulationDeviationAndZeroConstants) {
  Moments moments(2);
  for (const float value : {1.0F, 2.0F, 3.0F}) {
    moments.add(std::vector{value, 0.1F});
  }
  std::vector row{3.0F, 0.1F};
  moments.standardise(row);
  EXPECT_FLOAT_EQ(row[0], static_cast<float>(1.0 / std::sqrt(2.0 / 3.0)));
  EXPECT_EQ(row[1], 0.0F);
}

TEST(RowSampler, TakesExactlyAsManyRowsAsWanted) {
  for (const std::int64_t wanted : {0, 1, 7, 100, 500}) {
    RowSampler sampler(wanted, 100, Rng(4));
    std::int64_t taken = 0;
    for (int row = 0; row < 120; ++row) {
      taken += sampler.take() ? 1 : 0;
    }
    EXPECT_EQ(taken, std::min<std::int64_t>(wanted, 100));
  }
}

}  // namespace
}  // namespace crossfade
