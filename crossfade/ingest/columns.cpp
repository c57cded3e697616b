// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/columns.h"

#include <algorithm>
#include <cctype>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// RecBole writes the type into the name: user_id:token.
std::string plain_column(std::string_view column) {
  std::string name(column.substr(0, column.find(':')));
  std::ranges::transform(
      name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::vector<std::string_view> item_names() {
  return {"parent_asin",
          "item_id",
          "asin",
          "item",
          "itemId",
          "movieId",
          "movie_id",
          "book_id",
          "business_id",
          "product_id",
          "iid"};
}

std::string recognise(const WantedField& wanted, const std::vector<std::string>& columns) {
  for (const std::string_view known : wanted.known) {
    const auto found = std::ranges::find_if(columns, [&](const std::string& column) {
      return plain_column(column) == plain_column(known);
    });
    if (found != columns.end()) {
      return *found;
    }
  }
  return "";
}

RowField resolve(const WantedField& wanted,
                 const std::vector<std::string>& columns,
                 const std::string& label,
                 const std::string& domain) {
  if (!wanted.chosen.empty()) {
    require(std::ranges::find(columns, wanted.chosen) != columns.end(),
            ErrorKind::kUsage,
            "{}: there is no column \"{}\" (ingest.{}.{}); it has: {}",
            label,
            wanted.chosen,
            domain,
            wanted.setting,
            fmt::join(columns, ", "));
    return {.name = wanted.name, .column = wanted.chosen};
  }
  const std::string column = recognise(wanted, columns);
  require(!column.empty() || !wanted.required,
          ErrorKind::kData,
          "{}: no column is the {}; it has: {}; name it with {}",
          label,
          wanted.name,
          fmt::join(columns, ", "),
          wanted.setting.empty() ? fmt::format("ingest.{}.items_query", domain)
                                 : fmt::format("ingest.{}.{}", domain, wanted.setting));
  return {.name = wanted.name, .column = column};
}

}  // namespace

std::vector<WantedField> review_fields(const DomainSource& from) {
  return {
      {"user",
       "user_column",
       from.user_column,
       true,
       {"user_id", "reviewerID", "user", "userId", "uid", "customer_id", "reviewer_id"}},
      {"item", "item_column", from.item_column, true, item_names()},
      {"rating",
       "rating_column",
       from.rating_column,
       true,
       {"rating", "overall", "stars", "star_rating", "score"}},
      {"time",
       "time_column",
       from.time_column,
       false,
       {"timestamp", "unixReviewTime", "time", "time_ms", "date", "review_date"}},
      {"title",
       "title_column",
       from.title_column,
       false,
       {"title", "summary", "review_title", "review_headline", "headline"}},
      {"text",
       "text_column",
       from.text_column,
       false,
       {"text", "reviewText", "review_text", "review", "review_body", "body", "comment"}},
  };
}

std::vector<WantedField> item_fields() {
  std::vector<std::string_view> named_id = item_names();
  named_id.emplace_back("id");  // In a file of items; in one of reviews it may be the review's.
  return {
      {"item", "", "", true, named_id},
      {"title", "", "", false, {"title", "name", "movie_title", "product_title"}},
      {"description", "", "", false, {"description", "overview", "plot", "summary", "text"}},
      {"categories", "", "", false, {"categories", "category", "genres", "genre", "class"}},
      {"image",
       "",
       "",
       false,
       {"images", "imUrl", "imageURLHighRes", "imageURL", "image", "image_url", "poster"}},
  };
}

std::vector<RowField> resolve_fields(const std::vector<WantedField>& wanted,
                                     const std::vector<std::string>& columns,
                                     const std::string& label,
                                     const std::string& domain) {
  std::vector<RowField> fields;
  for (const WantedField& field : wanted) {
    fields.push_back(resolve(field, columns, label, domain));
  }
  return fields;
}

}  // namespace crossfade
