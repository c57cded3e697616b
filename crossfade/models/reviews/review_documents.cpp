// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/review_documents.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "crossfade/core/error.h"

namespace crossfade {

ReaderVocabulary::ReaderVocabulary(const DocumentSet& documents, const ReadingSettings& settings)
    : numbers_(documents.words(), kUnknown) {
  const double most = settings.max_df * static_cast<double>(documents.n_reviews());
  for (std::size_t word = 0; word < documents.words(); ++word) {
    if (kept_.size() == static_cast<std::size_t>(settings.vocabulary)) {
      break;
    }
    if (static_cast<double>(documents.reviews[word]) <= most) {
      numbers_[word] = static_cast<std::int32_t>(kept_.size());
      kept_.push_back(static_cast<std::int32_t>(word));
    }
  }
}

torch::Tensor ReaderVocabulary::vectors(const DocumentSet& documents,
                                        std::int64_t width,
                                        const std::function<void(torch::Tensor&)>& draw) const {
  const auto count = static_cast<std::int64_t>(size());
  if (!documents.vectors) {
    torch::Tensor table = torch::empty({count, width});
    draw(table);
    return table;
  }
  const WordVectors& given = *documents.vectors;
  torch::Tensor table = torch::empty({count, static_cast<std::int64_t>(given.width)});
  draw(table);
  for (std::size_t n = 0; n < size(); ++n) {
    const auto word = static_cast<std::size_t>(kept_[n]);
    if (given.known[word] != 0) {
      std::memcpy(table.data_ptr<float>() + n * given.width,
                  &given.values[word * given.width],
                  given.width * sizeof(float));
    }
  }
  return table;
}

DocumentTable user_documents(const RatingsView& ratings) {
  return {.offsets = {ratings.offsets.begin(), ratings.offsets.end()}, .rows = {}};
}

DocumentTable item_documents(const RatingsView& ratings, std::size_t n_items) {
  DocumentTable table{.offsets = std::vector<std::int64_t>(n_items + 1, 0),
                      .rows = std::vector<std::int64_t>(ratings.rows())};
  for (const ItemId item : ratings.items) {
    ++table.offsets[index(item) + 1];
  }
  std::partial_sum(table.offsets.begin(), table.offsets.end(), table.offsets.begin());
  std::vector<std::int64_t> next(table.offsets.begin(), table.offsets.end() - 1);
  for (std::size_t row = 0; row < ratings.rows(); ++row) {
    const auto at = static_cast<std::size_t>(next[index(ratings.items[row])]++);
    table.rows[at] = static_cast<std::int64_t>(row);
  }
  return table;
}

std::vector<UserId> owners_of(const RatingsView& ratings) {
  std::vector<UserId> owners;
  owners.reserve(ratings.rows());
  for (std::size_t user = 0; user < ratings.users(); ++user) {
    const UserId id{static_cast<std::int32_t>(user)};
    owners.insert(owners.end(), ratings.count(id), id);
  }
  return owners;
}

DocumentReader::DocumentReader(const ReviewWords& reviews,
                               const DocumentTable& table,
                               const ReaderVocabulary& vocabulary,
                               std::size_t length,
                               std::vector<std::int32_t> placeholder)
    : reviews_(reviews),
      table_(table),
      vocabulary_(vocabulary),
      length_(length),
      placeholder_(std::move(placeholder)) {}

void DocumentReader::read(std::int64_t document, std::vector<std::int32_t>& out) const {
  const auto at = static_cast<std::size_t>(document);
  const std::int64_t first = table_.offsets[at];
  const std::int64_t last = table_.offsets[at + 1];
  const std::size_t full = out.size() + length_;
  if (first == last) {
    const std::size_t count = std::min(placeholder_.size(), length_);
    out.insert(
        out.end(), placeholder_.begin(), placeholder_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  for (std::int64_t n = first; n < last && out.size() < full; ++n) {
    for (const std::int32_t word : reviews_.of(static_cast<std::size_t>(table_.row(n)))) {
      const std::int32_t number = vocabulary_.number(word);
      if (number != ReaderVocabulary::kUnknown && out.size() < full) {
        out.push_back(number);
      }
    }
  }
}

void require_reviews(const DocumentSet* documents,
                     const ReadingSettings& settings,
                     std::string_view model) {
  require(documents != nullptr,
          ErrorKind::kData,
          "{} reads reviews; the run has no documents of them",
          model);
  for (const Domain domain : kDomains) {
    require(!documents->of(domain, settings.review_field()).words.empty(),
            ErrorKind::kData,
            "{} reads the {} of reviews, and the training reviews of the {} have none; set its "
            "`field` to \"{}\", or take the model out",
            model,
            settings.field,
            name_of(domain),
            settings.field == "text" ? "title" : "text");
  }
}

}  // namespace crossfade
