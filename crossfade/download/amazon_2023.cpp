// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/amazon_2023.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

constexpr std::array<std::string_view, 34> kCategories{"All_Beauty",
                                                       "Amazon_Fashion",
                                                       "Appliances",
                                                       "Arts_Crafts_and_Sewing",
                                                       "Automotive",
                                                       "Baby_Products",
                                                       "Beauty_and_Personal_Care",
                                                       "Books",
                                                       "CDs_and_Vinyl",
                                                       "Cell_Phones_and_Accessories",
                                                       "Clothing_Shoes_and_Jewelry",
                                                       "Digital_Music",
                                                       "Electronics",
                                                       "Gift_Cards",
                                                       "Grocery_and_Gourmet_Food",
                                                       "Handmade_Products",
                                                       "Health_and_Household",
                                                       "Health_and_Personal_Care",
                                                       "Home_and_Kitchen",
                                                       "Industrial_and_Scientific",
                                                       "Kindle_Store",
                                                       "Magazine_Subscriptions",
                                                       "Movies_and_TV",
                                                       "Musical_Instruments",
                                                       "Office_Products",
                                                       "Patio_Lawn_and_Garden",
                                                       "Pet_Supplies",
                                                       "Software",
                                                       "Sports_and_Outdoors",
                                                       "Subscription_Boxes",
                                                       "Tools_and_Home_Improvement",
                                                       "Toys_and_Games",
                                                       "Unknown",
                                                       "Video_Games"};

// Lower case, letters only: "movies & tv" and "Movies_and_TV" are near each other.
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
      out += lower;
    }
  }
  return out;
}

// How many letters of `a` to change or drop to get `b`. Letters that `a` lacks cost a fifth, so
// that "movies" is near "Movies_and_TV".
double distance(const std::string& a, const std::string& b) {
  constexpr double kMissing = 0.2;
  std::vector<double> row(b.size() + 1);
  for (std::size_t j = 1; j <= b.size(); ++j) {
    row[j] = row[j - 1] + kMissing;
  }
  for (const char letter : a) {
    double diagonal = row[0];
    row[0] += 1.0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const double changed = diagonal + (letter == b[j - 1] ? 0.0 : 1.0);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1.0, row[j - 1] + kMissing});
    }
  }
  return row.back();
}

std::vector<std::string_view> nearest(const std::string& name) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string_view> names(kCategories.begin(), kCategories.end());
  std::ranges::stable_sort(
      names, {}, [&](std::string_view known) { return distance(folded(name), folded(known)); });
  names.resize(kShown);
  return names;
}

}  // namespace

std::span<const std::string_view> amazon_2023_categories() {
  return kCategories;
}

std::vector<DataFile> amazon_2023_files(const std::string& category,
                                        const std::string& base,
                                        const std::filesystem::path& directory) {
  require(std::ranges::find(kCategories, category) != kCategories.end(),
          ErrorKind::kUsage,
          "\"{}\" is no category of Amazon Reviews 2023; the nearest are: {}",
          category,
          fmt::join(nearest(category), ", "));
  const std::string root = base.ends_with('/') ? base : base + "/";
  const std::string reviews = category + ".jsonl.gz";
  const std::string items = "meta_" + reviews;
  return {{.address = root + "raw/review_categories/" + reviews, .path = directory / reviews},
          {.address = root + "raw/meta_categories/" + items, .path = directory / items}};
}

}  // namespace crossfade
