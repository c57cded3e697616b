// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <torch/types.h>

#include "crossfade/core/settings.h"
#include "crossfade/dataset/ratings.h"
#include "crossfade/documents/documents.h"

namespace crossfade {

/// Which words of which field a model reads: the part of its settings that all of them have.
struct ReadingSettings {
  std::string field = "text";
  std::int64_t vocabulary = 20'000;
  double max_df = 0.5;
  std::int64_t words = 500;
  std::int64_t width = 300;

  /// Visits the members, as visit does.
  template <typename Self, typename Visitor>
  static void visit_reading(Self& self, Visitor& field) {
    field("field",
          self.field,
          "What is read of a review: text, or title (called summary in the 2014 data).",
          OneOf{{"text", "title"}});
    field("vocabulary",
          self.vocabulary,
          "Words the model has vectors of, at most; the most frequent ones are.",
          Range{1, 1e8});
    field("max_df",
          self.max_df,
          "Part of the reviews a word may occur in to be among them.",
          Range{0.0, 1.0});
    field("words", self.words, "Words read of a document; the rest is cut off.", Range{1, 1e6});
    field("width",
          self.width,
          "Length of the word vectors; those of documents.vectors have their own.",
          Range{1, 4096});
  }

  /// `field` as what it stands for.
  [[nodiscard]] ReviewField review_field() const {
    return field == "title" ? ReviewField::kTitle : ReviewField::kText;
  }
};

/// The words a model has vectors of, numbered from 0 by falling number of occurrences.
class ReaderVocabulary {
 public:
  static constexpr std::int32_t kUnknown = -1;

  ReaderVocabulary(const DocumentSet& documents, const ReadingSettings& settings);

  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

  /// The model's number of a word of the DocumentSet, or kUnknown.
  [[nodiscard]] std::int32_t number(std::int32_t word) const noexcept {
    return numbers_[static_cast<std::size_t>(word)];
  }

  /// Vectors to start from, [size(), width]: those of `documents` where it has any; for other words
  /// what `draw` puts into the table before.
  [[nodiscard]] torch::Tensor vectors(const DocumentSet& documents,
                                      std::int64_t width,
                                      const std::function<void(torch::Tensor&)>& draw) const;

 private:
  std::vector<std::int32_t> numbers_;  // By word of the DocumentSet.
  std::vector<std::int32_t> kept_;     // The reverse.
};

/// Documents as lists of reviews: document d consists of the reviews behind the ratings
/// rows[offsets[d]], ..., or offsets[d], offsets[d] + 1, ... themselves when `rows` is empty. Texts
/// stay where the DocumentSet has them.
struct DocumentTable {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int64_t> rows;

  [[nodiscard]] std::size_t documents() const noexcept { return offsets.size() - 1; }

  /// The rating behind the `n`-th review of all, counted over the documents in order.
  [[nodiscard]] std::int64_t row(std::int64_t n) const noexcept {
    return rows.empty() ? n : rows[static_cast<std::size_t>(n)];
  }

  /// Ends the current document.
  void close() { offsets.push_back(static_cast<std::int64_t>(rows.size())); }
};

/// What each user wrote, in the order of the ratings.
[[nodiscard]] DocumentTable user_documents(const RatingsView& ratings);

/// What was written about each item, in the order of the ratings.
[[nodiscard]] DocumentTable item_documents(const RatingsView& ratings, std::size_t n_items);

/// The user of every rating.
[[nodiscard]] std::vector<UserId> owners_of(const RatingsView& ratings);

/// Reads the documents of a table as words of a model.
class DocumentReader {
 public:
  /// Documents are cut after `length` words; one without any review reads as `placeholder`. What is
  /// referred to must outlive the reader.
  DocumentReader(const ReviewWords& reviews,
                 const DocumentTable& table,
                 const ReaderVocabulary& vocabulary,
                 std::size_t length,
                 std::vector<std::int32_t> placeholder = {});

  /// Appends the words of `document`; kUnknown is none of them.
  void read(std::int64_t document, std::vector<std::int32_t>& out) const;

  [[nodiscard]] std::size_t length() const noexcept { return length_; }

 private:
  ReviewWords reviews_;
  const DocumentTable& table_;
  const ReaderVocabulary& vocabulary_;
  std::size_t length_;
  std::vector<std::int32_t> placeholder_;
};

/// @throws Error  kData, with what to do, when `documents` is missing or a domain's reviews have no
///                word in the field that the model reads.
void require_reviews(const DocumentSet* documents,
                     const ReadingSettings& settings,
                     std::string_view model);

}  // namespace crossfade
