// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/clean_text.h"

#include <gtest/gtest.h>

namespace crossfade {
namespace {

std::string clean(std::string_view text) {
  std::string out;
  clean_text(text, out);
  return out;
}

TEST(CleanText, LeavesPlainTextInAnyLanguageAsItIs) {
  EXPECT_EQ(clean(""), "");
  EXPECT_EQ(clean("a"), "a");
  EXPECT_EQ(clean("Größe & Güte, 素晴らしい, отлично"), "Größe & Güte, 素晴らしい, отлично");
}

TEST(CleanText, SqueezesWhiteSpaceAndControlCharacters) {
  EXPECT_EQ(clean("  a \t\r\n b\x01\x7F c "), "a b c");
  EXPECT_EQ(clean(" \n "), "");
}

TEST(CleanText, ReplacesEntities) {
  EXPECT_EQ(clean("Tom &amp; Jerry&#39;s &quot;caf&eacute;&quot; &#x2014; 5&euro;"),
            "Tom & Jerry's \"café\" — 5€");
  EXPECT_EQ(clean("&iexcl;&yuml;&Agrave;&szlig;"), "¡ÿÀß");
  EXPECT_EQ(clean("&#128512;a&nbsp;b"), "😀a b");
}

TEST(CleanText, LeavesWhatIsNoEntity) {
  EXPECT_EQ(clean("R&B; AT&T &unknown; &#0; &#xD800; &#x110000; &"),
            "R&B; AT&T &unknown; &#0; &#xD800; &#x110000; &");
}

TEST(CleanText, RemovesTagsAndEscapedTags) {
  EXPECT_EQ(clean("one<br />two<p class=\"x\">three</p><!-- note -->"), "one two three");
  EXPECT_EQ(clean("&lt;b&gt;bold&lt;/b&gt;"), "bold");
}

TEST(CleanText, LeavesWhatIsNoTag) {
  EXPECT_EQ(clean("I <3 this, 1 < 2 > 0 and a <b that is not closed"),
            "I <3 this, 1 < 2 > 0 and a <b that is not closed");
}

TEST(CleanText, KnowsWhatItLeavesAsItIs) {
  for (const char* text : {"", "a", "one two", "caf\u00e9 \u2014 5"}) {
    EXPECT_TRUE(is_clean_text(text)) << text;
    EXPECT_EQ(clean(text), text);
  }
  for (const char* text : {" a", "a ", "a  b", "a\tb", "a&b", "a<b", "\x7F"}) {
    EXPECT_FALSE(is_clean_text(text)) << text;
  }
}

TEST(CleanText, CountsWords) {
  EXPECT_TRUE(has_words("", 0));
  EXPECT_FALSE(has_words("", 1));
  EXPECT_TRUE(has_words("one", 1));
  EXPECT_FALSE(has_words("one", 2));
  EXPECT_TRUE(has_words("one two three", 3));
  EXPECT_FALSE(has_words("one two three", 4));
}

}  // namespace
}  // namespace crossfade
