// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"
#include "crossfade/documents/documents.h"

#include "tests/core/temp_directory.h"
#include "tests/dataset/shops.h"

namespace crossfade::testing {

struct Review {
  int user;
  int item;
  std::string title;
  std::string text;
};

/// The reviews of two shops, by user and item; every rating is 4.
struct Reviews {
  std::size_t users = 0;
  std::size_t items = 0;  ///< Of each shop.
  PerDomain<std::vector<Review>> in;
};

/// Settings under which every word of every review counts.
inline DocumentsConfig every_word() {
  DocumentsConfig config;
  config.min_reviews = 1;
  config.stop_words = "none";
  return config;
}

/// Writes `reviews` as an ingest artifact; texts that are empty become NULL.
inline void write_reviews(const Reviews& reviews, const std::filesystem::path& directory) {
  const ArtifactKey key{.stage = "ingest", .config = "", .inputs = {}};
  ensure_artifact(directory, key, [&](const std::filesystem::path& out) {
    Database database = small_database();
    std::vector<std::string> users;
    for (std::size_t user = 0; user < reviews.users; ++user) {
      users.push_back(fmt::format("{}, 'u{:05}'", user, user));
    }
    write_parquet(database, out / "users.parquet", "\"user\" INTEGER, id VARCHAR", users);
    for (const Domain domain : kDomains) {
      const std::filesystem::path folder = out / name_of(domain);
      write_domain(database, folder, reviews.items, {});
      std::vector<std::string> rows;
      for (const Review& review : reviews.in[domain]) {
        rows.push_back(fmt::format("{}, {}, 4.0, NULL, nullif({}, ''), nullif({}, '')",
                                   review.user,
                                   review.item,
                                   sql_quote(review.title),
                                   sql_quote(review.text)));
      }
      write_parquet(database,
                    folder / "reviews.parquet",
                    "\"user\" INTEGER, item INTEGER, rating FLOAT, time_ms BIGINT, title VARCHAR, "
                    "text VARCHAR",
                    rows);
    }
    return Json::object();
  });
}

/// A test with reviews on disk, their dataset and a split of given roles.
class DocumentsFixture : public ::testing::Test {
 protected:
  /// Writes `reviews` in the place of what was there. Without roles, everyone trains both shops.
  void write(const Reviews& reviews, std::vector<Role> roles = {}) {
    std::filesystem::remove_all(ingest());
    write_reviews(reviews, ingest());
    build_dataset(ingest(), folder_ / "dataset", {});
    split_.roles = std::move(roles);
    split_.roles.resize(reviews.users, Role::kOverlap);
  }

  /// One user's reviews of the items 0, 1, ... by text.
  void write_texts(const std::vector<std::string>& source, const std::vector<std::string>& target) {
    Reviews reviews{.users = 1, .items = std::max(source.size(), target.size()), .in = {}};
    for (const auto& [domain, texts] :
         {std::pair(Domain::kSource, &source), std::pair(Domain::kTarget, &target)}) {
      for (const std::string& text : *texts) {
        const int item = static_cast<int>(reviews.in[domain].size());
        reviews.in[domain].push_back({.user = 0, .item = item, .title = "", .text = text});
      }
    }
    write(reviews);
  }

  ArtifactState build(const DocumentsConfig& config = every_word()) {
    return build_documents(
        config,
        ingest(),
        dataset(),
        split_,
        out(),
        {.on_progress = on_progress_, .on_note = [this](auto note) { notes_.emplace_back(note); }});
  }

  [[nodiscard]] DocumentSet documents(const DocumentsConfig& config = every_word()) {
    build(config);
    return open_documents(out());
  }

  [[nodiscard]] std::filesystem::path ingest() const { return folder_ / "ingest"; }

  [[nodiscard]] Dataset dataset() const { return Dataset(folder_ / "dataset"); }

  [[nodiscard]] std::filesystem::path out() const { return folder_ / "documents"; }

  /// Writes a file beside the artifacts; returns its path.
  [[nodiscard]] std::string write_beside(const std::string& name, std::string_view content) const {
    write_file(folder_ / name, content);
    return (folder_ / name).string();
  }

  Split split_;
  OnProgress on_progress_;
  std::vector<std::string> notes_;
  TempDirectory folder_;
};

/// All words of `set` by number.
inline std::vector<std::string> spellings(const DocumentSet& set) {
  std::vector<std::string> out;
  for (std::size_t number = 0; number < set.words(); ++number) {
    out.emplace_back(set.word(number));
  }
  return out;
}

/// The words of a row.
inline std::vector<std::string> words_of(const DocumentSet& set,
                                         Domain domain,
                                         std::size_t row,
                                         ReviewField field = ReviewField::kText) {
  std::vector<std::string> out;
  for (const std::int32_t number : set.of(domain, field).of(row)) {
    out.emplace_back(set.word(static_cast<std::size_t>(number)));
  }
  return out;
}

}  // namespace crossfade::testing
