// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adam_factors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "crossfade/core/error.h"
#include "crossfade/kernels/adam.h"
#include "crossfade/kernels/simd.h"

namespace crossfade {
namespace {

// Predictions wrong by a hundred stars are those of a training that diverged.
constexpr double kDivergedLoss = 1e4;
constexpr std::size_t kLanes = 8;  // Vectors are padded to whole SIMD registers.

// The steps of one epoch; local step j is step `before + j + 1` of the whole training.
//
// A row without gradient from step k on has m_j = 0.9^j m and v_j = 0.999^j v, so that n steps move
// it, but for epsilon, by a multiple of what it starts with:
//
//     sum over j = 1 .. n of size_(k+j-1) m_j / (root_scale_(k+j-1) sqrt(v_j))
//         = m / sqrt(v) * (tail_k - ratio^n tail_(k+n)),      ratio = 0.9 / sqrt(0.999)
//     tail_k = ratio (size_k / root_scale_k + tail_(k+1))
class Steps {
 public:
  Steps(std::int64_t before, std::int64_t count, double learning_rate) {
    const auto n = static_cast<std::size_t>(count);
    const double ratio = 0.9 / std::sqrt(0.999);
    tails_.assign(n + 1, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
      sizes_.push_back(adam_step(before + static_cast<std::int64_t>(j) + 1, learning_rate));
    }
    for (std::size_t j = n; j > 0; --j) {
      const AdamStep step = sizes_[j - 1];
      tails_[j - 1] = ratio * (static_cast<double>(step.size) / step.root_scale + tails_[j]);
    }
    for (std::size_t j = 0; j <= n; ++j) {
      const auto power = static_cast<double>(j);
      first_.push_back(static_cast<float>(std::pow(0.9, power)));
      second_.push_back(static_cast<float>(std::pow(0.999, power)));
      ratios_.push_back(std::pow(ratio, power));
    }
  }

  [[nodiscard]] std::int64_t count() const noexcept {
    return static_cast<std::int64_t>(sizes_.size());
  }

  [[nodiscard]] AdamStep operator[](std::int64_t step) const {
    return sizes_[static_cast<std::size_t>(step)];
  }

  // What the moments are multiplied with in `n` steps without gradient.
  [[nodiscard]] float first_decay(std::int64_t n) const {
    return first_[static_cast<std::size_t>(n)];
  }

  [[nodiscard]] float second_decay(std::int64_t n) const {
    return second_[static_cast<std::size_t>(n)];
  }

  // The multiple of m / sqrt(v) that steps `from` to `to` (exclusive) subtract.
  [[nodiscard]] float drift(std::int64_t from, std::int64_t to) const {
    const auto k = static_cast<std::size_t>(from);
    const auto end = static_cast<std::size_t>(to);
    return static_cast<float>(tails_[k] - ratios_[end - k] * tails_[end]);
  }

 private:
  std::vector<AdamStep> sizes_;
  std::vector<double> tails_;
  std::vector<double> ratios_;
  std::vector<float> first_;
  std::vector<float> second_;
};

// One table during an epoch. A row keeps value, moments and gradient side by side, each padded,
// so that an update reads one run of memory.
class Table {
 public:
  Table(const AdamTable& table, const Steps& steps, const AdamFactorOptions& options)
      : table_(table),
        steps_(steps),
        decay_(static_cast<float>(options.weight_decay)),
        lazy_(options.lazy),
        width_((table.dimension + kLanes - 1) / kLanes * kLanes),
        state_(table.rows() * 4 * width_, 0.0F),
        done_(table.rows(), 0),
        batch_(table.rows(), -1) {
    copy([](float& outside, float& inside) { inside = outside; });
  }

  // The vector of `row` as step `step` finds it; the row takes part in that step.
  [[gnu::always_inline]] float* touch(std::int32_t row, std::int64_t step) {
    const auto r = static_cast<std::size_t>(row);
    if (batch_[r] != step) {
      batch_[r] = step;
      touched_.push_back(r);
      catch_up(r, step);
    }
    return values(r);
  }

  [[nodiscard]] float* gradient(std::int32_t row) {
    return values(static_cast<std::size_t>(row)) + 3 * width_;
  }

  [[nodiscard]] std::size_t width() const noexcept { return width_; }

  // Ends step `step`: moves the touched rows along their gradients.
  [[gnu::always_inline]] void apply(std::int64_t step) {
    for (const std::size_t row : touched_) {
      float* gradient = values(row) + 3 * width_;
      move(row, step);
      std::fill(gradient, gradient + width_, 0.0F);
      done_[row] = step + 1;
    }
    touched_.clear();
  }

  // Ends the epoch: every row goes through all steps, and the table is written back.
  void finish() {
    for (std::size_t row = 0; row < done_.size(); ++row) {
      catch_up(row, steps_.count());
    }
    copy([](float& outside, float& inside) { outside = inside; });
  }

 private:
  float* values(std::size_t row) { return &state_[row * 4 * width_]; }

  template <typename Assign>
  void copy(const Assign& assign) {
    const std::size_t k = table_.dimension;
    for (std::size_t row = 0; row < done_.size(); ++row) {
      for (std::size_t i = 0; i < k; ++i) {
        assign(table_.values[row * k + i], values(row)[i]);
        assign(table_.first[row * k + i], values(row)[width_ + i]);
        assign(table_.second[row * k + i], values(row)[2 * width_ + i]);
      }
    }
  }

  // Steps [done, step) without gradient.
  [[gnu::always_inline]] void catch_up(std::size_t row, std::int64_t step) {
    std::int64_t& done = done_[row];
    if (decay_ > 0.0F && !lazy_) {
      for (; done < step; ++done) {
        move(row, done);
      }
    } else if (done < step && !lazy_) {
      drift(values(row), done, step);
    }
    done = step;
  }

  // The same in one go when nothing but momentum moves the row. Epsilon is taken as the first of
  // the steps has it.
  [[gnu::always_inline]] void drift(float* p, std::int64_t from, std::int64_t to) const {
    const float drift = steps_.drift(from, to);
    const float epsilon = kAdamEpsilon / steps_[from].root_scale;
    const float first = steps_.first_decay(to - from);
    const float second = steps_.second_decay(to - from);
    for (std::size_t i = 0; i < width_; ++i) {
      float& m = p[width_ + i];
      float& v = p[2 * width_ + i];
      p[i] -= drift * m / (std::sqrt(v) + epsilon);
      m *= first;
      v *= second;
    }
  }

  [[gnu::always_inline]] void move(std::size_t row, std::int64_t step) {
    float* p = values(row);
    adam_move_inlined({.values = p,
                       .first = p + width_,
                       .second = p + 2 * width_,
                       .gradient = p + 3 * width_,
                       .count = width_},
                      steps_[step],
                      decay_);
  }

  AdamTable table_;
  const Steps& steps_;
  float decay_;
  bool lazy_;
  std::size_t width_;
  std::vector<float> state_;          // [rows, 4, width]: value, first, second, gradient
  std::vector<std::int64_t> done_;    // By row: steps of this epoch it has gone through.
  std::vector<std::int64_t> batch_;   // By row: the last step it took part in.
  std::vector<std::size_t> touched_;  // Rows of the step at hand.
};

// Lane by lane, which the compiler may not choose by itself, as it changes the rounding.
[[gnu::always_inline]] inline float dot(const float* a, const float* b, std::size_t width) {
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < width; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += a[i + lane] * b[i + lane];
    }
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

[[gnu::always_inline]] inline void add_scaled(float* to,
                                              float scale,
                                              const float* from,
                                              std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    to[i] += scale * from[i];
  }
}

}  // namespace

void append_triples(RatingTriples& triples,
                    const RatingsView& ratings,
                    std::int32_t first_item,
                    float weight) {
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const auto user = static_cast<std::int32_t>(u);
    triples.users.insert(triples.users.end(), ratings.count(UserId{user}), user);
  }
  for (const ItemId item : ratings.items) {
    triples.items.push_back(static_cast<std::int32_t>(item) + first_item);
  }
  triples.ratings.insert(triples.ratings.end(), ratings.ratings.begin(), ratings.ratings.end());
  triples.weights.insert(triples.weights.end(), ratings.rows(), weight);
}

CROSSFADE_SIMD double train_factor_epoch(AdamTable users,
                                         AdamTable items,
                                         const RatingTriples& ratings,
                                         std::span<const std::int64_t> order,
                                         const AdamFactorOptions& options,
                                         std::int64_t& steps) {
  const auto batch = static_cast<std::size_t>(options.batch_size);
  const auto count = static_cast<std::int64_t>((order.size() + batch - 1) / batch);
  const Steps sizes(steps, count, options.learning_rate);
  Table user_table(users, sizes, options);
  Table item_table(items, sizes, options);
  const std::size_t width = user_table.width();
  double loss = 0.0;
  for (std::int64_t step = 0; step < count; ++step) {
    const auto rows = order.subspan(static_cast<std::size_t>(step) * batch);
    const auto here = rows.first(std::min(batch, rows.size()));
    const float scale = 2.0F / static_cast<float>(here.size());
    for (const std::int64_t position : here) {
      const auto row = static_cast<std::size_t>(position);
      const float* u = user_table.touch(ratings.users[row], step);
      const float* v = item_table.touch(ratings.items[row], step);
      const float error = dot(u, v, width) - ratings.ratings[row];
      const float slope = scale * ratings.weights[row] * error;
      add_scaled(user_table.gradient(ratings.users[row]), slope, v, width);
      add_scaled(item_table.gradient(ratings.items[row]), slope, u, width);
      loss += static_cast<double>(ratings.weights[row]) * error * error;
    }
    user_table.apply(step);
    item_table.apply(step);
  }
  user_table.finish();
  item_table.finish();
  steps += count;
  return loss / static_cast<double>(order.size());
}

FactorTables draw_factors(std::size_t n_users,
                          std::size_t n_items,
                          std::size_t dimension,
                          double init_std,
                          const Rng& rng) {
  const auto draw = [&](std::string_view name, std::size_t rows) {
    Rng stream = rng.fork(name);
    std::vector<float> table(rows * dimension);
    for (float& value : table) {
      value = static_cast<float>(init_std * stream.normal());
    }
    return table;
  };
  return {.dimension = dimension, .users = draw("users", n_users), .items = draw("items", n_items)};
}

FactorTables fit_adam_factors(FactorTables start,
                              const RatingTriples& ratings,
                              std::int64_t epochs,
                              const AdamFactorOptions& options,
                              const Rng& rng) {
  std::vector<float> moments(2 * (start.users.size() + start.items.size()), 0.0F);
  std::span<float> left(moments);
  const auto table = [&](std::vector<float>& values) {
    const AdamTable out{.dimension = start.dimension,
                        .values = values,
                        .first = left.first(values.size()),
                        .second = left.subspan(values.size(), values.size())};
    left = left.subspan(2 * values.size());
    return out;
  };
  const AdamTable users = table(start.users);
  const AdamTable items = table(start.items);
  std::vector<std::int64_t> order(ratings.rows());
  std::int64_t steps = 0;
  for (std::int64_t epoch = 1; epoch <= epochs && !order.empty(); ++epoch) {
    std::iota(order.begin(), order.end(), 0);
    Rng shuffling = rng.fork("order", static_cast<std::uint64_t>(epoch));
    shuffle(std::span(order), shuffling);
    const double loss = train_factor_epoch(users, items, ratings, order, options, steps);
    require(loss < kDivergedLoss,
            ErrorKind::kNumeric,
            "epoch {}: the loss is {:.3g}; lower the learning rate (now {})",
            epoch,
            std::abs(loss),
            options.learning_rate);
  }
  return start;
}

}  // namespace crossfade
