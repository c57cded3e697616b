// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/tokenizer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (Tokenizer tokenizer(text); tokenizer.next();) {
    out.emplace_back(tokenizer.word());
  }
  return out;
}

TEST(Tokenizer, CutsAtEverythingThatIsNeitherLetterNorDigit) {
  EXPECT_THAT(words("The Matrix (1999), it's 5-star!"),
              ElementsAre("the", "matrix", "1999", "it", "s", "5", "star"));
}

TEST(Tokenizer, FoldsCaseInEveryScript) {
  EXPECT_EQ(words("STRASSE ΣΊΣΥΦΟΣ Привет"), words("straße Σίσυφος ПРИВЕТ"));
}

TEST(Tokenizer, TakesComposedAndDecomposedAccentsAsEqual) {
  EXPECT_EQ(words("caf\u00e9"), words("cafe\u0301"));
}

TEST(Tokenizer, TakesFullWidthFormsAsTheirPlainLetters) {
  EXPECT_THAT(words("ＣＤ１２"), ElementsAre("cd12"));
}

TEST(Tokenizer, TakesEveryIdeographAndKanaAsAWord) {
  EXPECT_THAT(words("黒澤明のDVD七人"), ElementsAre("黒", "澤", "明", "の", "dvd", "七", "人"));
}

TEST(Tokenizer, KeepsArabicHindiAndKoreanWordsWhole) {
  EXPECT_EQ(words("كتاب جميل").size(), 2U);
  EXPECT_EQ(words("हिन्दी फ़िल्म").size(), 2U);
  EXPECT_EQ(words("한국 영화").size(), 2U);
}

TEST(Tokenizer, SeparatesAtBytesThatAreNoUtf8) {
  EXPECT_THAT(words("one\xFFtwo\xC3(three\xE2\x82"), ElementsAre("one", "two", "three"));
}

TEST(Tokenizer, ReadsPastZeroBytesAndEmoji) {
  EXPECT_THAT(words(std::string_view("a\0b", 3)), ElementsAre("a", "b"));
  EXPECT_THAT(words("good \U0001F600 film"), ElementsAre("good", "film"));
}

TEST(Tokenizer, CutsOverlongWordsAndGoesOnBehindThem) {
  const auto found = words(std::string(100'000, 'x') + " next");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].size(), Tokenizer::kMaxWordBytes);
  EXPECT_EQ(found[1], "next");
}

TEST(Tokenizer, FindsNothingInNothing) {
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \t\n--"), IsEmpty());
  EXPECT_THAT(words("\u0301\u0301"), IsEmpty());
}

}  // namespace
}  // namespace crossfade
