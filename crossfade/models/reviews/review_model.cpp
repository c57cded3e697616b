// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/review_model.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

// How many documents are read at once: bounds the memory of scoring, whatever is asked for.
constexpr std::size_t kBlock = 256;

using ReadRows = std::function<torch::Tensor(std::span<const std::int64_t>)>;

// Rows of all `ids`, one after the other.
std::vector<float> in_blocks(std::span<const std::int64_t> ids, const ReadRows& read) {
  std::vector<float> out;
  for (std::size_t first = 0; first < ids.size(); first += kBlock) {
    const torch::Tensor block = read(ids.subspan(first, std::min(kBlock, ids.size() - first)));
    if (first == 0) {
      out.reserve(ids.size() * static_cast<std::size_t>(block.size(1)));
    }
    std::ranges::copy(to_vector(block), std::back_inserter(out));
  }
  return out;
}

torch::Tensor table_of(std::vector<float>& values, std::size_t rows) {
  const auto count = static_cast<std::int64_t>(rows);
  return torch::from_blob(values.data(), {count, static_cast<std::int64_t>(values.size()) / count});
}

template <typename Id>
std::vector<std::int64_t> numbers(std::span<const Id> ids) {
  std::vector<std::int64_t> out;
  out.reserve(ids.size());
  for (const Id id : ids) {
    out.push_back(static_cast<std::int64_t>(id));
  }
  return out;
}

std::vector<std::int64_t> first_numbers(std::size_t count) {
  std::vector<std::int64_t> out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

const DocumentSet& checked(const TrainingData& data,
                           const ReadingSettings& settings,
                           std::string_view model) {
  require_reviews(data.documents, settings, model);
  return *data.documents;
}

}  // namespace

ReviewModel::ReviewModel(std::string_view name,
                         const TrainingData& data,
                         const ReadingSettings& settings,
                         const ModelContext& context)
    : data_(data),
      settings_(settings),
      vocabulary_(checked(data, settings, name), settings),
      collector_(vocabulary_.size()) {
  require(context.device.is_cpu(),
          ErrorKind::kUsage,
          "{} runs on the CPU alone; set training.device to \"cpu\"",
          name);
  require(vocabulary_.size() > 0,
          ErrorKind::kUsage,
          "{} is left without any word by vocabulary = {} and max_df = {}; raise them",
          name,
          settings.vocabulary,
          settings.max_df);
  for (std::size_t u = 0; u < data.n_users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    if (data.roles[u] == Role::kOverlap && data.source.count(user) > 0 &&
        data.target.count(user) > 0) {
      overlap_.push_back(user);
    }
  }
  require(!overlap_.empty(), ErrorKind::kData, "{}", kNoOverlap);
}

void ReviewModel::score(std::span<const UserId> users,
                        std::span<const ItemId> items,
                        std::span<float> out) {
  if (users.empty()) {
    return;
  }
  const torch::NoGradGuard no_grad;
  module().eval();
  const Distinct who = distinct(numbers(users));
  const Distinct what = distinct(numbers(items));
  std::vector<float> user_values = read_users(who.values);
  std::vector<float> item_values = read_items(what.values);
  const torch::Tensor user_table = table_of(user_values, who.values.size());
  const torch::Tensor item_table = table_of(item_values, what.values.size());
  constexpr std::int64_t kPairs = 65536;
  const auto count = static_cast<std::int64_t>(users.size());
  for (std::int64_t first = 0; first < count; first += kPairs) {
    const std::int64_t last = std::min(first + kPairs, count);
    const torch::Tensor scores = (rows_of(user_table, who.rows.slice(0, first, last)) *
                                  rows_of(item_table, what.rows.slice(0, first, last)))
                                     .sum(1);
    std::ranges::copy(to_vector(scores), out.begin() + first);
  }
}

std::optional<Factors> ReviewModel::factors() {
  const torch::NoGradGuard no_grad;
  module().eval();
  Factors out{.dimension = 0,
              .users = read_users(first_numbers(data_.n_users())),
              .items = read_items(first_numbers(data_.n_target_items))};
  out.dimension = out.items.size() / data_.n_target_items;
  return out;
}

std::vector<float> ReviewModel::read_users(std::span<const std::int64_t> users) {
  return in_blocks(users, [this](std::span<const std::int64_t> ids) { return user_rows(ids); });
}

std::vector<float> ReviewModel::read_items(std::span<const std::int64_t> items) {
  return in_blocks(items, [this](std::span<const std::int64_t> ids) { return item_rows(ids); });
}

DocumentReader ReviewModel::reader(Domain domain,
                                   const DocumentTable& table,
                                   std::vector<std::int32_t> placeholder) const {
  return {data_.documents->of(domain, settings_.review_field()),
          table,
          vocabulary_,
          static_cast<std::size_t>(settings_.words),
          std::move(placeholder)};
}

void ReviewRows::add(UserId user, Domain domain, const RatingsView& view) {
  for (std::size_t n = 0; n < view.count(user); ++n) {
    users.push_back(static_cast<std::int64_t>(user));
    items.push_back(static_cast<std::int64_t>(view.items_of(user)[n]));
    ratings.push_back(view.ratings_of(user)[n]);
    domains.push_back(domain);
  }
}

ReviewRows select(const ReviewRows& rows, std::span<const std::int64_t> which) {
  ReviewRows out;
  for (const std::int64_t row : which) {
    const auto at = static_cast<std::size_t>(row);
    out.users.push_back(rows.users[at]);
    out.items.push_back(rows.items[at]);
    out.ratings.push_back(rows.ratings[at]);
    out.domains.push_back(rows.domains[at]);
  }
  return out;
}

}  // namespace crossfade
