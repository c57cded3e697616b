// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/funnel.h"

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// One filter: the reviews that satisfy `keep` stay.
struct Filter {
  std::string step;
  std::string setting;
  std::string keep;
};

std::string order_of(const std::string& dedupe) {
  if (dedupe == "earliest") {
    return "time, row";
  }
  if (dedupe == "latest") {
    return "time DESC, row DESC";
  }
  return dedupe == "first" ? "row" : "row DESC";
}

// Windows are slow; only the pairs that occur more than once go through one.
Filter without_duplicates(const std::string& dedupe, const std::string& domain) {
  return {.step = "duplicates",
          .setting = "dedupe",
          .keep = fmt::format(
              "row NOT IN (SELECT row FROM keys_{0} SEMI JOIN (SELECT user, item FROM keys_{0} "
              "GROUP BY user, item HAVING count(*) > 1) USING (user, item) "
              "QUALIFY row_number() OVER (PARTITION BY user, item ORDER BY {1}) > 1)",
              domain,
              order_of(dedupe))};
}

Filter with_item_field(const std::string& field, const std::string& domain) {
  return {.step = "items without " + field,
          .setting = "require_" + field,
          .keep = fmt::format("item IN (SELECT code FROM items_{} WHERE {} <> '')", domain, field)};
}

std::vector<Filter> filters(const IngestConfig& config, const std::string& domain) {
  std::vector<Filter> out;
  if (config.dedupe != "all") {
    out.push_back(without_duplicates(config.dedupe, domain));
  }
  if (config.min_words > 0) {
    out.push_back({.step = fmt::format("reviews under {} words", config.min_words),
                   .setting = "min_words",
                   .keep = "long_enough"});
  }
  const Filter active = {
      .step = fmt::format("users under {} reviews", config.min_user_reviews),
      .setting = "min_user_reviews",
      .keep = fmt::format("user IN (SELECT user FROM keys_{} GROUP BY user HAVING count(*) >= {})",
                          domain,
                          config.min_user_reviews)};
  if (config.count_before_item_filter) {
    out.push_back(active);
  }
  if (config.require_description) {
    out.push_back(with_item_field("description", domain));
  }
  if (config.require_image) {
    out.push_back(with_item_field("image", domain));
  }
  if (!config.count_before_item_filter && config.min_user_reviews > 1) {
    out.push_back(active);
  }
  return out;
}

FunnelStep count(Database& database, const std::string& domain, const std::string& name) {
  Rows rows = database.query(fmt::format(
      "SELECT count(*), count(DISTINCT user), count(DISTINCT item) FROM keys_{}", domain));
  const RowBlock* block = rows.next();
  return {.step = name,
          .rows = block->column<std::int64_t>(0)[0],
          .users = block->column<std::int64_t>(1)[0],
          .items = block->column<std::int64_t>(2)[0]};
}

}  // namespace

std::vector<FunnelStep> apply_filters(Database& database,
                                      const IngestConfig& config,
                                      const std::string& domain) {
  std::vector<FunnelStep> steps;
  std::int64_t before = database.query_count("SELECT count(*) FROM keys_" + domain);
  for (const Filter& filter : filters(config, domain)) {
    database.execute(fmt::format(
        "CREATE TABLE kept_{0} AS SELECT * FROM keys_{0} WHERE {1}; DROP TABLE keys_{0}; "
        "ALTER TABLE kept_{0} RENAME TO keys_{0}",
        domain,
        filter.keep));
    FunnelStep step = count(database, domain, filter.step);
    step.dropped = before - step.rows;
    require(step.rows > 0,
            ErrorKind::kData,
            "ingest.{}: no review is left; the step \"{}\" dropped the last {}; relax ingest.{}",
            domain,
            step.step,
            step.dropped,
            filter.setting);
    before = step.rows;
    steps.push_back(std::move(step));
  }
  steps.push_back(count(database, domain, "kept"));
  return steps;
}

std::string funnel_table(const Manifest& manifest) {
  std::string out;
  for (const char* domain : {"source", "target"}) {
    out += fmt::format(
        "{:<28}{:>12}{:>12}{:>12}{:>12}\n", domain, "dropped", "reviews", "users", "items");
    for (const Json& step : manifest.details.at(domain).at("funnel")) {
      out += fmt::format("  {:<26}{:>12}{:>12}{:>12}{:>12}\n",
                         step.at("step").get<std::string>(),
                         step.at("dropped").get<std::int64_t>(),
                         step.at("rows").get<std::int64_t>(),
                         step.at("users").get<std::int64_t>(),
                         step.at("items").get<std::int64_t>());
    }
  }
  return out + fmt::format("{} users in all, {} in both domains\n",
                           manifest.details.at("users").get<std::int64_t>(),
                           manifest.details.at("overlap").get<std::int64_t>());
}

}  // namespace crossfade
