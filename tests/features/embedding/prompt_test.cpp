// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/prompt.h"

#include <gtest/gtest.h>

#include "tests/features/support.h"

namespace crossfade {
namespace {

Prompt item_prompt(std::string_view text) {
  return {"items.prompt", text, {"title", "description", "categories", "image"}};
}

PromptValues kettle() {
  return {.title = "Kettle",
          .description = "Boils water.",
          .categories = "Kitchen",
          .reviews = {},
          .image = "kettle.jpg"};
}

TEST(Prompt, SplitsIntoWhatAllTextsShareAndWhatDiffers) {
  const Prompt prompt = item_prompt("Read this.\nCarefully.\nIt is {title}.\n\nSummarise.");
  EXPECT_EQ(prompt.prefix(), "Read this.\nCarefully.\n");
  EXPECT_EQ(prompt.suffix(), "\n\nSummarise.");
  EXPECT_EQ(prompt.fill(kettle()).before, "It is Kettle.");
}

TEST(Prompt, LeavesOutLinesOfWhichNothingIsKnown) {
  const Prompt prompt =
      item_prompt("Title: {title}\nFrom {categories}: {description}\nAbout:\n{image}");
  const EmbeddingText text = prompt.fill(
      {.title = {}, .description = "Boils.", .categories = {}, .reviews = {}, .image = {}});
  EXPECT_EQ(text.before, "From : Boils.\nAbout:");
  EXPECT_EQ(text.image, "");
  EXPECT_EQ(text.after, "");
}

TEST(Prompt, IsEmptyWhenNothingIsKnown) {
  EXPECT_TRUE(item_prompt("{title}\nand\n{description}").fill({}).empty());
}

TEST(Prompt, CutsTheTextAtTheImage) {
  const EmbeddingText text = item_prompt("See {title}: {image}!\nIt is {title}.").fill(kettle());
  EXPECT_EQ(text.before, "See Kettle: ");
  EXPECT_EQ(text.image, "kettle.jpg");
  EXPECT_EQ(text.after, "!\nIt is Kettle.");
}

TEST(Prompt, TakesOtherBracesAsTheyAre) {
  EXPECT_EQ(item_prompt("{} {Title} {a-b} {title} {").fill(kettle()).before,
            "{} {Title} {a-b} Kettle {");
}

TEST(Prompt, RefusesPromptsThatMakeNoSense) {
  using testing::failure_of;
  EXPECT_EQ(failure_of([] { static_cast<void>(item_prompt("Hello.")); }),
            "kUsage: items.prompt has no placeholder, so all texts would be the same; put in one "
            "of {title}, {description}, {categories}, {image}");
  EXPECT_EQ(failure_of([] { static_cast<void>(item_prompt("{title} {reviews}")); }),
            "kUsage: items.prompt: {reviews} is not a placeholder here; there are {title}, "
            "{description}, {categories}, {image}");
  EXPECT_EQ(failure_of([] { static_cast<void>(item_prompt("{image}\n{image}")); }),
            "kUsage: items.prompt: {image} may stand once only");
}

}  // namespace
}  // namespace crossfade
