// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/items.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "crossfade/synth/line_file.h"
#include "crossfade/synth/picture.h"

namespace crossfade {
namespace {

constexpr std::string_view department(Shop shop) {
  return shop == Shop::kSource ? "Books" : "Movies and TV";
}

std::string json_text(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

// The values of one line, as JSON.
struct ItemLine {
  std::string title;
  std::string features;
  std::string description;
  std::string images;
  std::string store;
  std::string categories;
  std::string price;
  std::string parent_asin;
  ItemTally tally;
};

void append_item(std::string& line, Shop shop, const ItemLine& item) {
  const double mean = item.tally.count == 0 ? 0.0
                                            : static_cast<double>(item.tally.stars) /
                                                  static_cast<double>(item.tally.count);
  fmt::format_to(std::back_inserter(line),
                 R"({{"main_category": "{}", "title": {}, "average_rating": {:.1f}, )"
                 R"("rating_number": {}, "features": {}, "description": {}, "price": {}, )"
                 R"("images": {}, "videos": [], "store": {}, "categories": {}, "details": {{}}, )",
                 department(shop),
                 item.title,
                 mean,
                 item.tally.count,
                 item.features,
                 item.description,
                 item.price,
                 item.images,
                 item.store,
                 item.categories);
  fmt::format_to(std::back_inserter(line),
                 R"("parent_asin": "{}", "bought_together": null}})",
                 item.parent_asin);
}

class ItemWriter {
 public:
  ItemWriter(const Sample& sample, Shop shop, LineFile& file)
      : world_(sample.world),
        language_(sample.language),
        blemishes_(world_.config().blemishes),
        images_(sample.directory / "images"),
        shop_(shop),
        file_(file),
        streams_(world_.rng().fork(shop_name(shop))) {}

  void write(std::size_t index, const ItemTally& tally, ShopSummary& summary) {
    Rng draws = streams_.fork("item", index);
    summary.items += 1;
    if (draws.uniform() < blemishes_.missing_metadata) {
      return;
    }
    const TopicMix topics(world_.items(shop_).item(index).first(world_.text_tastes()),
                          world_.config().text_signal);
    ItemLine line;
    line.parent_asin = item_code(shop_, index);
    line.tally = tally;
    write_words(line, topics, draws, summary);
    line.price = fmt::format("{}.99", 3 + draws.below(40));
    line.images = write_picture(index, line.parent_asin, draws, summary);
    if (draws.uniform() < blemishes_.odd_fields) {
      make_odd(line, draws);
    }
    append_item(file_.text(), shop_, line);
    file_.end_line();
    summary.item_lines += 1;
  }

 private:
  [[nodiscard]] std::string_view topic_word(const TopicMix& topics, Rng& draws) const {
    return language_.topic_word(shop_, topics.draw(draws), draws);
  }

  [[nodiscard]] std::string title(const TopicMix& topics, Rng& draws) const {
    std::string text;
    const std::size_t words = 2 + draws.below(3);
    for (std::size_t n = 0; n < words; ++n) {
      text += n > 0 ? " " : "";
      append_capitalised(text, topic_word(topics, draws));
    }
    return text;
  }

  [[nodiscard]] std::string prose(std::size_t words, const TopicMix& topics, Rng& draws) const {
    std::string text;
    append_capitalised(text, filler_word(draws));
    for (std::size_t n = 1; n < words; ++n) {
      text += ' ';
      text += draws.below(5) < 2 ? filler_word(draws) : topic_word(topics, draws);
    }
    if (draws.uniform() < blemishes_.html) {
      text += ' ';
      text += html_piece(draws);
    }
    return text + '.';
  }

  void write_words(ItemLine& line, const TopicMix& topics, Rng& draws, ShopSummary& summary) const {
    line.title = json_text(title(topics, draws));
    std::vector<std::string> features(draws.below(4));
    std::ranges::generate(features, [&] { return json_text(prose(5, topics, draws)); });
    line.features = fmt::format("[{}]", fmt::join(features, ", "));
    const bool has_description = draws.uniform() >= blemishes_.missing_description;
    summary.missing_descriptions += has_description ? 0 : 1;
    line.description =
        has_description ? fmt::format("[{}]", json_text(prose(20 + draws.below(41), topics, draws)))
                        : "[]";
    std::string category;
    append_capitalised(category, language_.topic_words(shop_, topics.strongest()).front());
    line.categories = fmt::format(R"(["{}", "{}"])", department(shop_), category);
    line.store = json_text(title(topics, draws));
  }

  // The value of `images`.
  [[nodiscard]] std::string write_picture(std::size_t index,
                                          const std::string& code,
                                          Rng& draws,
                                          ShopSummary& summary) const {
    if (draws.uniform() < blemishes_.missing_image) {
      return "[]";
    }
    const std::vector<std::uint8_t> jpeg =
        draw_picture(world_.items(shop_).item(index),
                     world_.image_tastes(),
                     world_.config().image_signal,
                     static_cast<int>(world_.config().image_size),
                     draws);
    const std::string name = code + ".jpg";
    LineFile file(images_ / name);
    file.text().assign(jpeg.begin(), jpeg.end());
    file.finish();
    summary.images += 1;
    return fmt::format(R"([{{"thumb": "images/{0}", "large": "images/{0}", )"
                       R"("variant": "MAIN", "hi_res": null}}])",
                       name);
  }

  static void make_odd(ItemLine& line, Rng& draws) {
    switch (draws.below(4)) {
      case 0:
        line.features = "null";
        break;
      case 1:  // a text where a list is usual
        line.categories = line.store;
        break;
      case 2:  // a list where a text is usual
        line.title = fmt::format("[{}]", line.title);
        break;
      default:
        line.price = "null";
        line.store = "null";
    }
  }

  const World& world_;
  const Language& language_;
  const BlemishConfig& blemishes_;
  std::filesystem::path images_;
  Shop shop_;
  LineFile& file_;
  Rng streams_;
};

}  // namespace

void write_items(const Sample& sample,
                 Shop shop,
                 std::span<const ItemTally> tallies,
                 ShopSummary& summary) {
  constexpr std::size_t kItemsPerReport = 256;
  const std::string name = fmt::format("{}_items.jsonl", shop_name(shop));
  const std::string what = fmt::format("writing {} and images", name);
  const auto items = static_cast<std::int64_t>(tallies.size());
  LineFile lines(sample.directory / name);
  ItemWriter writer(sample, shop, lines);
  for (std::size_t index = 0; index < tallies.size(); ++index) {
    writer.write(index, tallies[index], summary);
    if (index % kItemsPerReport == 0) {
      report(sample.on_progress, {what, static_cast<std::int64_t>(index), items, "items"});
    }
  }
  lines.finish();
  report(sample.on_progress, {what, items, items, "items"});
}

}  // namespace crossfade
