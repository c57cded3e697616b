// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/entity_texts.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/features/fixture.h"

namespace crossfade {
namespace {

using testing::World;

World three_users() {
  World world;
  world.users = 3;
  for (const Domain domain : kDomains) {
    world.items[domain] = {{.title = "boat", .image = "boat.jpg"},
                           {.title = "", .image = ""},
                           {.title = "tram", .image = ""}};
    world.reviews[domain] = {
        {.user = 0, .item = 0, .rating = 4.0, .text = "old", .time_ms = 10},
        {.user = 0, .item = 1, .rating = 2.5, .text = "new", .time_ms = 30},
        {.user = 0, .item = 2, .rating = 1.0, .text = "middle", .time_ms = 20},
        {.user = 1, .item = 0, .rating = 3.0, .text = "", .time_ms = 1},
        {.user = 2, .item = 2, .rating = 5.0, .text = "fine", .time_ms = 1},
    };
  }
  return world;
}

class EntityTexts : public ::testing::Test {
 protected:
  EntityTexts() { write_world(three_users(), ingest_); }

  std::map<std::size_t, std::string> users(const UserEmbeddingConfig& config,
                                           const RowMask& users = {1, 1, 1},
                                           const RowMask& items = {1, 1, 1}) const {
    std::map<std::size_t, std::string> texts;
    read_user_prompts(
        ingest_,
        Domain::kTarget,
        {users, items},
        config,
        make_prompt(config),
        [&](std::size_t user, const EmbeddingText& text) { texts.emplace(user, text.before); });
    return texts;
  }

  testing::TempDirectory directory_;
  std::filesystem::path ingest_ = directory_.path() / "ingest";
};

TEST_F(EntityTexts, ReviewsComeNewestFirst) {
  EXPECT_EQ(users({}), (std::map<std::size_t, std::string>{{0, "new\nmiddle\nold"}, {2, "fine"}}));
}

TEST_F(EntityTexts, OnlyTheNewestReviewsAreKept) {
  UserEmbeddingConfig config;
  config.max_reviews = 2;
  EXPECT_EQ(users(config).at(0), "new\nmiddle");
}

TEST_F(EntityTexts, RatingsStandBeforeReviewsWhenAskedFor) {
  UserEmbeddingConfig config;
  config.ratings = true;
  EXPECT_EQ(users(config).at(0), "[2.5] new\n[1] middle\n[4] old");
}

TEST_F(EntityTexts, HiddenReviewsAreNotRead) {
  EXPECT_EQ(users({}, {1, 1, 0}, {1, 0, 1}),
            (std::map<std::size_t, std::string>{{0, "middle\nold"}}));
}

TEST_F(EntityTexts, ItemsWithoutAnyTextAreLeftOut) {
  ItemEmbeddingConfig config;
  config.prompt = "{image}\n{title} for sale";
  std::map<std::size_t, EmbeddingText> texts;
  const std::vector<std::string> images{"boat.jpg", "", ""};
  read_item_prompts(ingest_,
                    Domain::kSource,
                    3,
                    images,
                    make_prompt(config),
                    [&](std::size_t item, EmbeddingText text) { texts[item] = std::move(text); });
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].image, "boat.jpg");
  EXPECT_EQ(texts[0].after, "\nboat for sale");
  EXPECT_EQ(texts[2].image, "");
  EXPECT_EQ(texts[2].before, "tram for sale");
}

}  // namespace
}  // namespace crossfade
