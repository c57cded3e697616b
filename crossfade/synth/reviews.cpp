// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/reviews.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/compile.h>

#include "crossfade/synth/line_file.h"

namespace crossfade {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirstDay = 16'436;  // 2015-01-01
constexpr std::int64_t kDays = 3'000;
// How many reviews are about another edition: their asin is not the parent_asin.
constexpr double kOtherEdition = 0.1;

// Zipf's law with the sum over ranks replaced by an integral, so that a draw needs no table.
class Popularity {
 public:
  Popularity(std::size_t items, double exponent)
      : items_(items),
        power_(1.0 - exponent),
        log_end_(std::log(static_cast<double>(items) + 1.0)),
        mass_(std::abs(power_) < 1e-9 ? log_end_ : std::expm1(power_ * log_end_) / power_) {}

  [[nodiscard]] std::size_t draw(Rng& rng) const {
    const double mass = rng.uniform() * mass_;
    const double log_rank = std::abs(power_) < 1e-9 ? mass : std::log1p(power_ * mass) / power_;
    return std::min(items_ - 1, static_cast<std::size_t>(std::expm1(log_rank)));
  }

 private:
  std::size_t items_;
  double power_;
  double log_end_;
  double mass_;
};

struct Review {
  int rating = 0;
  std::string title;  // as JSON: in quotes, or null
  std::string text;
  std::string asin;
  std::string parent_asin;
  std::string user_id;
  std::int64_t timestamp_ms = 0;
  std::uint64_t helpful_votes = 0;
  bool verified = false;
};

// No text holds a quote or a backslash, so nothing needs escaping.
void append_review(std::string& line, const Review& review) {
  fmt::format_to(std::back_inserter(line),
                 FMT_COMPILE(R"({{"rating": {}.0, "title": {}, "text": "{}", "images": [], )"
                             R"("asin": "{}", "parent_asin": "{}", "user_id": "{}", )"
                             R"("timestamp": {}, "helpful_vote": {}, "verified_purchase": {}}})"),
                 review.rating,
                 review.title,
                 review.text,
                 review.asin,
                 review.parent_asin,
                 review.user_id,
                 review.timestamp_ms,
                 review.helpful_votes,
                 review.verified);
}

class Reviewer {
 public:
  Reviewer(const Sample& sample, Shop shop, LineFile& file)
      : world_(sample.world),
        language_(sample.language),
        shop_(shop),
        file_(file),
        popularity_(world_.items(shop).size(), world_.config().popularity),
        streams_(world_.rng().fork(shop_name(shop))),
        last_user_(world_.items(shop).size(), 0),
        tallies_(world_.items(shop).size()) {}

  void write_user(std::size_t index, ShopSummary& summary) {
    Rng draws = streams_.fork("reviews", index);
    const Shopper shopper = world_.shopper(index);
    const TopicMix taste(std::span(shopper.taste[shop_]).first(world_.tastes()),
                         world_.config().text_signal);
    review_.user_id = user_code(index);
    const std::size_t count = review_count(draws);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t item = new_item(index, draws);
      review_.rating = world_.draw_rating(world_.score(shopper, shop_, item), draws);
      write_words(item, taste, draws);
      write_facts(item, draws);
      put_lines(draws, summary);
      tallies_[item].count += 1;
      tallies_[item].stars += review_.rating;
    }
  }

  [[nodiscard]] std::vector<ItemTally> take_tallies() { return std::move(tallies_); }

 private:
  [[nodiscard]] std::size_t review_count(Rng& draws) const {
    const SynthConfig& config = world_.config();
    const auto above = static_cast<double>(config.reviews_per_user - config.min_reviews);
    const double tail = std::round(above * std::exp(draws.normal() - 0.5));
    const double most = std::floor(static_cast<double>(last_user_.size()) / 4.0);
    return static_cast<std::size_t>(std::min(most, static_cast<double>(config.min_reviews) + tail));
  }

  [[nodiscard]] std::size_t new_item(std::size_t user, Rng& draws) {
    for (;;) {
      const std::size_t item = popularity_.draw(draws);
      if (last_user_[item] != user + 1) {
        last_user_[item] = user + 1;
        return item;
      }
    }
  }

  void write_words(std::size_t item, const TopicMix& taste, Rng& draws) {
    const BlemishConfig& blemishes = world_.config().blemishes;
    const TopicMix topics(world_.items(shop_).item(item).first(world_.text_tastes()),
                          world_.config().text_signal);
    review_.title = '"';
    append_capitalised(review_.title, sentiment_word(review_.rating, draws));
    review_.title += ' ';
    review_.title += language_.topic_word(shop_, topics.draw(draws), draws);
    review_.title += '"';
    if (draws.uniform() < blemishes.odd_fields) {
      review_.title = "null";
    }
    const bool is_short = draws.uniform() < blemishes.short_reviews;
    const std::size_t words = is_short ? 1 + draws.below(9) : 12 + draws.below(49);
    review_.text.clear();
    append_capitalised(review_.text, sentiment_word(review_.rating, draws));
    for (std::size_t n = 1; n < words; ++n) {
      review_.text += ' ';
      review_.text += next_word(topics, taste, draws);
    }
    if (draws.uniform() < blemishes.html) {
      review_.text += ' ';
      review_.text += html_piece(draws);
    }
    review_.text += '.';
  }

  [[nodiscard]] std::string_view next_word(const TopicMix& topics,
                                           const TopicMix& taste,
                                           Rng& draws) const {
    const std::uint64_t kind = draws.below(20);
    if (kind < 9) {
      return filler_word(draws);
    }
    if (kind < 12) {
      return sentiment_word(review_.rating, draws);
    }
    return language_.topic_word(shop_, (kind < 16 ? topics : taste).draw(draws), draws);
  }

  void write_facts(std::size_t item, Rng& draws) {
    review_.parent_asin = item_code(shop_, item);
    review_.asin = review_.parent_asin;
    if (draws.uniform() < kOtherEdition) {
      review_.asin[1] = '1';
    }
    const auto day = kFirstDay + static_cast<std::int64_t>(draws.below(kDays));
    review_.timestamp_ms = day * kDayMs + static_cast<std::int64_t>(draws.below(kDayMs));
    review_.helpful_votes = draws.below(4) == 0 ? draws.below(30) : 0;
    review_.verified = draws.below(5) != 0;
  }

  void put_lines(Rng& draws, ShopSummary& summary) {
    const BlemishConfig& blemishes = world_.config().blemishes;
    append_review(file_.text(), review_);
    file_.end_line();
    summary.reviews += 1;
    if (draws.uniform() < blemishes.duplicate_reviews) {
      review_.timestamp_ms += kDayMs * static_cast<std::int64_t>(1 + draws.below(30));
      append_review(file_.text(), review_);
      file_.end_line();
      summary.duplicate_reviews += 1;
    }
    if (draws.uniform() < blemishes.malformed_lines) {
      const std::size_t start = file_.text().size();
      append_review(file_.text(), review_);
      file_.text().resize(start + (file_.text().size() - start) / 2);
      file_.end_line();
      summary.malformed_lines += 1;
    }
  }

  const World& world_;
  const Language& language_;
  Shop shop_;
  LineFile& file_;
  Popularity popularity_;
  Rng streams_;
  std::vector<std::size_t> last_user_;  // the last reviewer of each item, plus one
  std::vector<ItemTally> tallies_;
  Review review_;
};

}  // namespace

std::vector<ItemTally> write_reviews(const Sample& sample, Shop shop, ShopSummary& summary) {
  constexpr std::size_t kUsersPerReport = 256;
  const std::string name = fmt::format("{}_reviews.jsonl", shop_name(shop));
  const std::string what = "writing " + name;
  const auto users = static_cast<std::int64_t>(sample.world.users());
  LineFile lines(sample.directory / name);
  Reviewer reviewer(sample, shop, lines);
  for (std::size_t user = 0; user < sample.world.users(); ++user) {
    if (sample.world.buys_in(shop, user)) {
      reviewer.write_user(user, summary);
    }
    if (user % kUsersPerReport == 0) {
      report(sample.on_progress, {what, static_cast<std::int64_t>(user), users, "users"});
    }
  }
  summary.review_bytes = lines.bytes();
  lines.finish();
  report(sample.on_progress, {what, users, users, "users"});
  return reviewer.take_tallies();
}

}  // namespace crossfade
