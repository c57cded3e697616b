// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "crossfade/dataset/ratings.h"
#include "crossfade/documents/documents.h"

namespace crossfade::testing {

/// A DocumentSet in memory: the words of each rating's review, as text and as title.
class TestDocuments {
 public:
  using Words = std::vector<std::string>;
  using Write = std::function<Words(Domain, UserId, ItemId)>;

  TestDocuments(const RatingsView& source, const RatingsView& target, const Write& write) {
    const std::vector<Words> from_source = reviews(source, Domain::kSource, write);
    const std::vector<Words> from_target = reviews(target, Domain::kTarget, write);
    number_words({&from_source, &from_target});
    add_field(Domain::kSource, from_source);
    add_field(Domain::kTarget, from_target);
  }

  TestDocuments(const TestDocuments&) = delete;
  TestDocuments& operator=(const TestDocuments&) = delete;

  [[nodiscard]] const DocumentSet& set() const { return set_; }

 private:
  struct Count {
    std::int64_t occurrences = 0;
    std::int64_t reviews = 0;
  };

  static std::vector<Words> reviews(const RatingsView& ratings, Domain domain, const Write& write) {
    std::vector<Words> out;
    for (std::size_t u = 0; u < ratings.users(); ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      for (const ItemId item : ratings.items_of(user)) {
        out.push_back(write(domain, user, item));
      }
    }
    return out;
  }

  void number_words(const std::vector<const std::vector<Words>*>& shops) {
    std::map<std::string, Count> counts;
    for (const std::vector<Words>* shop : shops) {
      for (const Words& review : *shop) {
        Words different = review;
        std::ranges::sort(different);
        different.erase(std::ranges::unique(different).begin(), different.end());
        for (const std::string& word : review) {
          ++counts[word].occurrences;
        }
        for (const std::string& word : different) {
          ++counts[word].reviews;
        }
      }
    }
    Words ranked;
    for (const auto& [word, count] : counts) {
      ranked.push_back(word);
    }
    std::ranges::stable_sort(ranked, std::ranges::greater(), [&](const std::string& word) {
      return counts[word].occurrences;
    });
    for (const std::string& word : ranked) {
      numbers_[word] = static_cast<std::int32_t>(counts_.size());
      bytes_.insert(bytes_.end(), word.begin(), word.end());
      ends_.push_back(static_cast<std::int64_t>(bytes_.size()));
      counts_.push_back(counts[word].occurrences);
      reviews_.push_back(counts[word].reviews);
    }
    set_.spelling_bytes = bytes_;
    set_.spelling_offsets = ends_;
    set_.counts = counts_;
    set_.reviews = reviews_;
  }

  void add_field(Domain domain, const std::vector<Words>& shop) {
    std::vector<std::int64_t>& offsets = offsets_.emplace_back(1, 0);
    std::vector<std::int32_t>& words = words_.emplace_back();
    for (const Words& review : shop) {
      for (const std::string& word : review) {
        words.push_back(numbers_.at(word));
      }
      offsets.push_back(static_cast<std::int64_t>(words.size()));
    }
    set_.fields[domain].fill({.offsets = offsets, .words = words});
  }

  std::map<std::string, std::int32_t> numbers_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::int64_t> ends_{0};
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> reviews_;
  std::deque<std::vector<std::int64_t>> offsets_;
  std::deque<std::vector<std::int32_t>> words_;
  DocumentSet set_;
};

}  // namespace crossfade::testing
