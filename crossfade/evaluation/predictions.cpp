// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/predictions.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/npy.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

// What a column is stored as: an id as its number.
template <typename T>
struct Stored {
  using Type = T;
};

template <typename T>
requires std::is_enum_v<T>

struct Stored<T> {
  using Type = std::underlying_type_t<T>;
};

template <typename T>
void save_column(const fs::path& file, const std::vector<T>& column) {
  using Number = typename Stored<T>::Type;
  write_npy(file, std::span(reinterpret_cast<const Number*>(column.data()), column.size()));
}

template <typename T>
std::vector<T> load_column(const fs::path& file) {
  using Number = typename Stored<T>::Type;
  const NpyFile mapped(file);
  std::vector<T> column;
  column.reserve(mapped.rows());
  std::ranges::transform(mapped.values<Number>(), std::back_inserter(column), [](Number value) {
    return static_cast<T>(value);
  });
  return column;
}

// The one list of columns and their files.
template <typename Self, typename Visitor>
void visit_columns(Self& predictions, Visitor&& column) {
  column("users.npy", predictions.users);
  column("items.npy", predictions.items);
  column("ratings.npy", predictions.ratings);
  column("predictions.npy", predictions.predictions);
  column("fallbacks.npy", predictions.fallbacks);
  column("unseen_items.npy", predictions.unseen_items);
  column("activity.npy", predictions.activity);
}

bool is_sorted(const Predictions& rows) {
  for (std::size_t row = 1; row < rows.rows(); ++row) {
    if (std::tie(rows.users[row - 1], rows.items[row - 1]) >=
        std::tie(rows.users[row], rows.items[row])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Predictions make_predictions(Role role,
                             HeldOut held_out,
                             std::vector<float> predictions,
                             const RatingsView& source) {
  assert(predictions.size() == held_out.users.size());
  Predictions out;
  out.role = role;
  out.activity.reserve(held_out.users.size());
  for (const UserId user : held_out.users) {
    out.activity.push_back(static_cast<std::int32_t>(source.count(user)));
  }
  out.users = std::move(held_out.users);
  out.items = std::move(held_out.items);
  out.ratings = std::move(held_out.ratings);
  out.unseen_items = std::move(held_out.unseen_item);
  out.fallbacks = predictions;
  out.predictions = std::move(predictions);
  return out;
}

void check_finite(const Predictions& predictions) {
  for (std::size_t row = 0; row < predictions.rows(); ++row) {
    require(std::isfinite(predictions.predictions[row]),
            ErrorKind::kNumeric,
            "predictions: {} for user {} and item {}; the model diverged, lower its learning rate",
            predictions.predictions[row],
            index(predictions.users[row]),
            index(predictions.items[row]));
  }
}

void save_predictions(const Predictions& predictions, const fs::path& directory) {
  make_directories(directory);
  visit_columns(predictions, [&](const char* file, const auto& column) {
    save_column(directory / file, column);
  });
  const std::vector<std::uint8_t> role = {static_cast<std::uint8_t>(predictions.role)};
  save_column(directory / "role.npy", role);
}

Predictions load_predictions(const fs::path& directory) {
  require(!fs::exists(directory / "predictions.npy") || fs::exists(directory / "fallbacks.npy"),
          ErrorKind::kData,
          "{}: was written by an earlier version, without fallbacks.npy; the same `crossfade run` "
          "command makes it again",
          directory.string());
  Predictions out;
  bool fits = true;
  visit_columns(out, [&]<typename T>(const char* file, std::vector<T>& column) {
    column = load_column<T>(directory / file);
    fits = fits && column.size() == out.users.size();
  });
  const auto role = load_column<Role>(directory / "role.npy");
  fits = fits && role.size() == 1 && (role[0] == Role::kTest || role[0] == Role::kValidation);
  require(fits && is_sorted(out),
          ErrorKind::kData,
          "{}: the columns of the predictions do not fit together; remove the directory and run "
          "again",
          directory.string());
  out.role = role[0];
  return out;
}

}  // namespace crossfade
