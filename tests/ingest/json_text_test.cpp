// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/json_text.h"

#include <gtest/gtest.h>

namespace crossfade {
namespace {

std::string join(std::string_view json, std::string_view separator = " ", bool unique = false) {
  std::string out;
  join_json_texts(json, separator, unique, out);
  return out;
}

std::string image(std::string_view json) {
  std::string out;
  first_json_image(json, out);
  return out;
}

std::string from_python(std::string_view text) {
  std::string out;
  python_to_json(text, out);
  return out;
}

TEST(JsonText, JoinsStringsOfListsAtAnyDepth) {
  EXPECT_EQ(join(R"("one")"), "one");
  EXPECT_EQ(join(R"(["one", null, ["two", 3, "", "three"]])"), "one two three");
  EXPECT_EQ(join(R"([["CDs", "Pop"], ["CDs", "Rock"]])", ", ", true), "CDs, Pop, Rock");
}

TEST(JsonText, FindsNoTextInNullNumbersAndObjects) {
  EXPECT_EQ(join("null"), "");
  EXPECT_EQ(join("17"), "");
  EXPECT_EQ(join(R"({"a": "b"})"), "");
  EXPECT_EQ(join("[]"), "");
}

TEST(JsonText, LeavesTextThatIsNoJson) {
  EXPECT_EQ(join("'Books', 'Drama'"), "'Books', 'Drama'");
}

TEST(JsonText, TakesTheLargestFirstImage) {
  EXPECT_EQ(image(R"([{"thumb": "t", "large": "l", "hi_res": "h"}, {"hi_res": "x"}])"), "h");
  EXPECT_EQ(image(R"([{"thumb": "t", "large": "l", "hi_res": null}])"), "l");
  EXPECT_EQ(image(R"([{"thumb": "t"}])"), "t");
  EXPECT_EQ(image(R"({"hi_res": [null, "h2"], "large": ["l"]})"), "h2");
  EXPECT_EQ(image(R"(["a.jpg", "b.jpg"])"), "a.jpg");
  EXPECT_EQ(image(R"("a.jpg")"), "a.jpg");
  EXPECT_EQ(image("posters/1.jpg"), "posters/1.jpg");
}

TEST(JsonText, FindsNoImageInEmptyValues) {
  EXPECT_EQ(image("[]"), "");
  EXPECT_EQ(image("null"), "");
  EXPECT_EQ(image(R"([{}])"), "");
}

TEST(JsonText, ReadsPythonLiterals) {
  EXPECT_EQ(from_python(R"({'asin': 'B1', 'price': 9.5, 'new': True, 'old': False, 'x': None})"),
            R"({"asin": "B1", "price": 9.5, "new": true, "old": false, "x": null})");
  EXPECT_EQ(from_python(R"({'t': "It's", 'u': 'say "hi"', 'v': u'caf\xe9 \u2014 it\'s'})"),
            R"({"t": "It's", "u": "say \"hi\"", "v": "caf\u00e9 \u2014 it's"})");
  EXPECT_EQ(from_python(R"({'c': [('a', 'b')], 'd': 'None of \n that'})"),
            R"({"c": [["a", "b"]], "d": "None of \n that"})");
}

}  // namespace
}  // namespace crossfade
