// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_type.h"

#include <gtest/gtest.h>

namespace crossfade {
namespace {

using namespace std::string_literals;

// One pixel: signature, IHDR of width and height 1, the end mark.
const std::string kPng =
    "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0....\0\0\0\0IEND...."s;
const std::string kBmp = "BM"s + std::string(12, '\0') + "\x28\0\0\0"s + "\x01\0\0\0\x01\0\0\0"s;

TEST(ImageType, IsKnownByTheFirstBytes) {
  EXPECT_EQ(find_image_type("\xFF\xD8\xFF\xE0"), "jpg");
  EXPECT_EQ(find_image_type(kPng), "png");
  EXPECT_EQ(find_image_type("GIF89a..."), "gif");
  EXPECT_EQ(find_image_type("GIF87a..."), "gif");
  EXPECT_EQ(find_image_type("RIFF....WEBPVP8 "), "webp");
  EXPECT_EQ(find_image_type(kBmp), "bmp");
  for (const std::string text : {"",
                                 "<html>",
                                 "RIFF....WAVE",
                                 "BMW sells cars",
                                 "GIF88a",
                                 "%PDF",
                                 "BM drives a car indeed"}) {
    EXPECT_EQ(find_image_type(text), "") << text;
  }
}

TEST(ImageProblem, SaysWhatIsThereInsteadOfAnImage) {
  EXPECT_EQ(image_problem(kPng, "text/html"), "");
  EXPECT_EQ(image_problem(kBmp, ""), "");
  EXPECT_EQ(image_problem("GIF89a...", ""), "");
  EXPECT_EQ(image_problem("", "image/png"), "is empty");
  EXPECT_EQ(image_problem("\x01<html>\n", "image/png"),
            R"(is no image but begins with ".<html>."; the server calls it "image/png")");
  EXPECT_EQ(image_problem(kPng.substr(0, 30), ""), "is a png that is cut short");
  EXPECT_EQ(image_problem(kPng.substr(0, 20), ""), "is a damaged png");
}

}  // namespace
}  // namespace crossfade
