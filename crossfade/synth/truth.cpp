// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/truth.h"

#include <array>
#include <span>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "crossfade/core/files.h"
#include "crossfade/core/json.h"
#include "crossfade/core/npy.h"
#include "crossfade/synth/line_file.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

template <SettingsStruct Config>
Json settings_json(const Config& config) {
  Json json = Json::object();
  Config::visit(config, [&](std::string_view name, const auto& value, std::string_view, auto...) {
    if constexpr (SettingsStruct<std::decay_t<decltype(value)>>) {
      json[std::string(name)] = settings_json(value);
    } else {
      json[std::string(name)] = value;
    }
  });
  return json;
}

Json shop_json(const ShopSummary& shop) {
  return {{"items", shop.items},
          {"item_lines", shop.item_lines},
          {"images", shop.images},
          {"missing_descriptions", shop.missing_descriptions},
          {"reviews", shop.reviews},
          {"duplicate_reviews", shop.duplicate_reviews},
          {"malformed_lines", shop.malformed_lines},
          {"review_bytes", shop.review_bytes}};
}

Json topics_json(const Sample& sample, Shop shop) {
  Json topics = Json::array();
  for (std::size_t topic = 0; topic < 2 * sample.world.tastes(); ++topic) {
    topics.push_back(sample.language.topic_words(shop, topic));
  }
  return topics;
}

Json truth_json(const Sample& sample, const SynthSummary& summary) {
  Json truth;
  truth["settings"] = settings_json(sample.world.config());
  truth["users"] = {{"overlap", summary.overlap_users},
                    {"auxiliary", summary.auxiliary_users},
                    {"side", summary.side_users},
                    {"order",
                     "rows of user_*.npy are the lines of users.txt: overlap, then "
                     "auxiliary (source only), then side (target only)"}};
  truth["text_tastes"] = {0, sample.world.text_tastes()};
  truth["image_tastes"] = {sample.world.tastes() - sample.world.image_tastes(),
                           sample.world.tastes()};
  for (const Shop shop : kShops) {
    const bool is_source = shop == Shop::kSource;
    Json& json = truth[std::string(shop_name(shop))];
    json = shop_json(is_source ? summary.source : summary.target);
    json["order"] =
        fmt::format("rows of item_*_{0}.npy are the lines of items_{0}.txt, the most popular first",
                    shop_name(shop));
    json["topic_words"] = topics_json(sample, shop);
  }
  return truth;
}

void write_users(const World& world, const fs::path& directory) {
  LineFile ids(directory / "users.txt");
  NpyWriter source(directory / "user_taste_source.npy", NpyType::kFloat32, world.tastes());
  NpyWriter target(directory / "user_taste_target.npy", NpyType::kFloat32, world.tastes());
  NpyWriter biases(directory / "user_bias.npy", NpyType::kFloat32, 2);
  for (std::size_t index = 0; index < world.users(); ++index) {
    const Shopper shopper = world.shopper(index);
    ids.text() += user_code(index);
    ids.end_line();
    source.append(std::span(shopper.taste.source).first(world.tastes()));
    target.append(std::span(shopper.taste.target).first(world.tastes()));
    biases.append(std::array{shopper.bias.source, shopper.bias.target});
  }
  ids.finish();
  source.finish();
  target.finish();
  biases.finish();
}

void write_matrix(const fs::path& file, std::span<const float> values, std::size_t columns) {
  NpyWriter writer(file, NpyType::kFloat32, columns);
  writer.append(values);
  writer.finish();
}

void write_catalogue(const Catalogue& items, Shop shop, const fs::path& directory) {
  const std::string_view name = shop_name(shop);
  LineFile ids(directory / fmt::format("items_{}.txt", name));
  for (std::size_t index = 0; index < items.size(); ++index) {
    ids.text() += item_code(shop, index);
    ids.end_line();
  }
  ids.finish();
  write_matrix(directory / fmt::format("item_taste_{}.npy", name), items.latents, items.tastes);
  write_matrix(directory / fmt::format("item_bias_{}.npy", name), items.biases, 1);
}

}  // namespace

void write_truth(const Sample& sample, const SynthSummary& summary) {
  const World& world = sample.world;
  const fs::path directory = sample.directory / "truth";
  write_users(world, directory);
  for (const Shop shop : kShops) {
    write_catalogue(world.items(shop), shop, directory);
  }
  write_matrix(directory / "rotation.npy", world.rotation(), world.tastes());
  write_file(directory / "truth.json", truth_json(sample, summary).dump(2) + "\n");
}

}  // namespace crossfade
