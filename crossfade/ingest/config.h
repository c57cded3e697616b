// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossfade/core/settings.h"

namespace crossfade {

/// Where one domain comes from: the [ingest.source] or [ingest.target] table of a recipe.
struct DomainSource {
  std::string reviews;
  std::string items;
  std::string images;
  std::string format = "auto";
  std::string query;
  std::string items_query;
  std::string user_column;
  std::string item_column;
  std::string rating_column;
  std::string time_column;
  std::string title_column;
  std::string text_column;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("reviews", self.reviews, "File with one review (or bare rating) per row; may be .gz.");
    field("items", self.items, "File with one item per row; \"\" = items have no title or text.");
    field("images",
          self.images,
          "Folder of the images: what the items file names, or ITEM.jpg, .jpeg, .png or .webp; "
          "\"\" = the folder of the items file.");
    field("format",
          self.format,
          "Format of `reviews`; auto = by content and name. The items file is always recognised.",
          OneOf{{"auto",
                 "amazon-2023",
                 "amazon-2018",
                 "amazon-2014",
                 "recbole",
                 "csv",
                 "tsv",
                 "parquet"}});
    field("query",
          self.query,
          "SQL instead of `reviews`: a SELECT of the columns user, item, rating and, if there are, "
          "time, title, text.");
    field("items_query",
          self.items_query,
          "SQL instead of `items`: a SELECT of the column item and, if there are, title, "
          "description, categories, image.");
    field("user_column", self.user_column, "Column of the user id; \"\" = a common name for it.");
    field("item_column", self.item_column, "Column of the item id; \"\" = a common name for it.");
    field("rating_column", self.rating_column, "Column of the rating; \"\" = a common name.");
    field("time_column",
          self.time_column,
          "Column of the time (seconds, milliseconds or a date); \"\" = a common name.");
    field("title_column", self.title_column, "Column of the review's title; \"\" = common.");
    field("text_column", self.text_column, "Column of the review's text; \"\" = common.");
  }
};

/// Which rows enter an experiment: the [ingest] table of a recipe.
struct IngestConfig {
  std::string memory_limit = "4GB";
  std::int64_t threads = 0;
  std::string dedupe = "earliest";
  std::int64_t min_words = 0;
  bool require_description = false;
  bool require_image = false;
  std::int64_t min_user_reviews = 5;
  bool count_before_item_filter = false;
  double max_bad_fraction = 0.005;
  DomainSource source;
  DomainSource target;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("memory_limit",
          self.memory_limit,
          "Memory that the whole stage aims to stay within; what does not fit spills to disk.");
    field("threads",
          self.threads,
          "Threads; 0 = all cores. One per 256 MB of memory at most. Changes no output.",
          Range{0, 1024});
    field("dedupe",
          self.dedupe,
          "Which of a user's reviews of one item stays: by time (equal times: by row order), by "
          "row order, or all.",
          OneOf{{"earliest", "latest", "first", "last", "all"}});
    field("min_words",
          self.min_words,
          "Fewest words of a review's text. 0 keeps bare ratings; the MuSiC paper uses 10.",
          Range{0, 1000});
    field(
        "require_description",
        self.require_description,
        "Drop items without a description. Off, because most data has gaps; the MuSiC paper: on.");
    field("require_image",
          self.require_image,
          "Drop items without an image file or address. Off as above; the MuSiC paper: on.");
    field("min_user_reviews",
          self.min_user_reviews,
          "Fewest reviews of a user within a domain. 5 is what most published data has; the MuSiC "
          "paper uses 20.",
          Range{1, 1e9});
    field("count_before_item_filter",
          self.count_before_item_filter,
          "Apply min_user_reviews before items are dropped, which leaves users with fewer.");
    field("max_bad_fraction",
          self.max_bad_fraction,
          "Part of a file's rows that may be rejected before ingest stops.",
          Range{0.0, 1.0});
    field("source", self.source, "The shop where a cold-start user is known.");
    field("target", self.target, "The shop where items are recommended to that user.");
  }
};

}  // namespace crossfade
