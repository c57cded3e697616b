// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/dataset/ids.h"
#include "crossfade/dataset/ratings.h"

namespace crossfade {

/// How Adam (Kingma and Ba, ICLR 2015) runs over the factor model. beta1 = 0.9, beta2 = 0.999,
/// epsilon = 1e-8, as in torch.optim.Adam.
struct AdamFactorOptions {
  double learning_rate = 0.01;
  double weight_decay = 0.0;  ///< L2, added to the gradient of every row in every step.
  std::int64_t batch_size = 256;
  bool lazy = false;  ///< Rows outside the batch stay as they are (a different algorithm).
};

/// A table of vectors and its Adam moments, each float [rows, dimension]; owns nothing.
struct AdamTable {
  std::size_t dimension = 0;
  std::span<float> values;
  std::span<float> first;   ///< Running mean of the gradient; zeros before the first step.
  std::span<float> second;  ///< Running mean of its square.

  [[nodiscard]] std::size_t rows() const noexcept { return values.size() / dimension; }
};

/// Ratings as rows, in the order of their RatingsView.
struct RatingTriples {
  std::vector<std::int32_t> users;
  std::vector<std::int32_t> items;
  std::vector<float> ratings;
  std::vector<float> weights;  ///< Of the rows' squared errors.

  [[nodiscard]] std::size_t rows() const noexcept { return ratings.size(); }
};

/// Appends the rows of `ratings` to `triples`, with `first_item` added to every item.
void append_triples(RatingTriples& triples,
                    const RatingsView& ratings,
                    std::int32_t first_item = 0,
                    float weight = 1.0F);

/// One epoch of r_ui = u . v by the mean squared error of mini-batches, rows in `order`:
///
///     g_u = sum over the batch's rows of u of 2 w (u . v - r) v / batch,  and the same for items
///
/// `steps` counts optimiser steps over all epochs and is advanced. Returns the mean loss.
///
/// Dense Adam moves every row of a table in every step, as its momentum decays. Here a row is left
/// alone until a batch needs it; the steps it missed are then taken in one go, as a geometric sum,
/// which gives the same numbers but for rounding, at the cost of sparse updates. With weight decay
/// they are taken one by one.
double train_factor_epoch(AdamTable users,
                          AdamTable items,
                          const RatingTriples& ratings,
                          std::span<const std::int64_t> order,
                          const AdamFactorOptions& options,
                          std::int64_t& steps);

/// User and item vectors of one domain.
struct FactorTables {
  std::size_t dimension = 0;
  std::vector<float> users;  ///< [n_users, dimension]
  std::vector<float> items;  ///< [n_items, dimension]
};

/// Both tables drawn from N(0, init_std^2), each from a stream of its own.
[[nodiscard]] FactorTables draw_factors(std::size_t n_users,
                                        std::size_t n_items,
                                        std::size_t dimension,
                                        double init_std,
                                        const Rng& rng);

/// Trains drawn tables on `ratings` for `epochs` epochs, each in an order of its own. Users and
/// items without ratings keep their drawn vectors, unless weight decay moves them.
/// @throws Error  kNumeric, naming the epoch and the step size, when the loss is not finite or that
/// of a
///                training which diverged.
[[nodiscard]] FactorTables fit_adam_factors(FactorTables start,
                                            const RatingTriples& ratings,
                                            std::int64_t epochs,
                                            const AdamFactorOptions& options,
                                            const Rng& rng);

}  // namespace crossfade
