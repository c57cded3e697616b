// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crossfade/models/model.h"
#include "crossfade/models/reviews/review_documents.h"
#include "crossfade/models/reviews/word_layers.h"

namespace crossfade {

/// The base of models that read reviews: vocabulary, documents, and scores as products of what is
/// read once per user and once per item. On the CPU.
class ReviewModel : public Model {
 public:
  /// @throws Error  kData when there are no reviews, or no user to learn a transfer from; kUsage
  ///                for another device, or settings that leave no word.
  ReviewModel(std::string_view name,
              const TrainingData& data,
              const ReadingSettings& settings,
              const ModelContext& context);

  void score(std::span<const UserId> users,
             std::span<const ItemId> items,
             std::span<float> out) override;

  std::optional<Factors> factors() override;

 protected:
  /// Rows [ids, n] of users, and of target items, whose dot products are ratings; in evaluation
  /// mode.
  virtual torch::Tensor user_rows(std::span<const std::int64_t> users) = 0;
  virtual torch::Tensor item_rows(std::span<const std::int64_t> items) = 0;

  [[nodiscard]] const TrainingData& data() const noexcept { return data_; }

  [[nodiscard]] const RatingsView& ratings(Domain domain) const noexcept {
    return domain == Domain::kSource ? data_.source : data_.target;
  }

  [[nodiscard]] std::size_t n_items(Domain domain) const noexcept {
    return domain == Domain::kSource ? data_.n_source_items : data_.n_target_items;
  }

  [[nodiscard]] const ReaderVocabulary& vocabulary() const noexcept { return vocabulary_; }

  /// Reads `table`, whose rows are of `domain`, cut after the settings' number of words.
  [[nodiscard]] DocumentReader reader(Domain domain,
                                      const DocumentTable& table,
                                      std::vector<std::int32_t> placeholder = {}) const;

  [[nodiscard]] WordCollector& collector() noexcept { return collector_; }

  /// Training users who rated in both shops, ascending.
  [[nodiscard]] const std::vector<UserId>& overlap() const noexcept { return overlap_; }

 private:
  // Rows of any number of users or items, one after the other.
  [[nodiscard]] std::vector<float> read_users(std::span<const std::int64_t> users);
  [[nodiscard]] std::vector<float> read_items(std::span<const std::int64_t> items);

  const TrainingData& data_;
  ReadingSettings settings_;
  ReaderVocabulary vocabulary_;
  WordCollector collector_;
  std::vector<UserId> overlap_;
};

/// Ratings to learn from: a user, an item of `domain`, stars.
struct ReviewRows {
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> items;
  std::vector<float> ratings;
  std::vector<Domain> domains;

  /// Adds what `user` rated in `domain`.
  void add(UserId user, Domain domain, const RatingsView& view);

  [[nodiscard]] std::int64_t size() const noexcept {
    return static_cast<std::int64_t>(users.size());
  }
};

/// Some of them.
[[nodiscard]] ReviewRows select(const ReviewRows& rows, std::span<const std::int64_t> which);

}  // namespace crossfade
