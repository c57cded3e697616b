// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "crossfade/core/files.h"
#include "crossfade/features/image_descriptor.h"
#include "crossfade/features/image_header.h"
#include "crossfade/features/image_table.h"

#include "support.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::TempDirectory;
using testing::write_image;

std::vector<float> describe(const fs::path& file, std::string* problem = nullptr) {
  std::vector<float> out(kImageDescriptorWidth, -1.0F);
  const auto found = describe_image(file, out);
  if (problem != nullptr) {
    *problem = found.value_or("");
  } else {
    EXPECT_FALSE(found.has_value()) << *found;
  }
  return out;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  }
  return std::sqrt(sum);
}

TEST(ImageHeader, ReadsTheSizeOfEveryFormat) {
  const TempDirectory directory;
  for (const std::string format : {"png", "jpg", "webp", "bmp"}) {
    const fs::path file = directory.path() / ("image." + format);
    write_image(file, {10, 200, 30}, 37, 21);
    const auto header = read_image_header(read_file(file));
    ASSERT_TRUE(header.has_value()) << format;
    EXPECT_EQ(header->width, 37) << format;
    EXPECT_EQ(header->height, 21) << format;
    EXPECT_TRUE(header->complete) << format;
  }
}

TEST(ImageHeader, SurvivesEveryPrefixAndEveryFlippedByte) {
  const TempDirectory directory;
  for (const std::string format : {"png", "jpg", "webp", "bmp"}) {
    const fs::path file = directory.path() / ("image." + format);
    write_image(file, {10, 200, 30}, 5, 4);
    const std::string bytes = read_file(file);
    for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 400); ++size) {
      (void)read_image_header(std::string(bytes, 0, size));
      std::string flipped = bytes;
      flipped[size] = static_cast<char>(~flipped[size]);
      (void)read_image_header(flipped);
    }
  }
}

TEST(DescribeImage, SeparatesColours) {
  const TempDirectory directory;
  write_image(directory.path() / "red.png", {20, 20, 220}, 60, 90);
  write_image(directory.path() / "red.jpg", {25, 25, 210}, 300, 200);
  write_image(directory.path() / "blue.png", {220, 20, 20}, 60, 90);
  const auto red = describe(directory.path() / "red.png");
  EXPECT_LT(distance(red, describe(directory.path() / "red.jpg")), 1.0);
  EXPECT_GT(distance(red, describe(directory.path() / "blue.png")), 3.0);
}

TEST(DescribeImage, SeesTheDirectionOfStripes) {
  const TempDirectory directory;
  cv::Mat stripes(96, 96, CV_8UC3);
  for (int y = 0; y < stripes.rows; ++y) {
    stripes.row(y).setTo(y / 12 % 2 == 0 ? cv::Scalar::all(30) : cv::Scalar::all(220));
  }
  cv::imwrite((directory.path() / "lying.png").string(), stripes);
  cv::imwrite((directory.path() / "standing.png").string(), cv::Mat(stripes.t()));
  const auto lying = describe(directory.path() / "lying.png");
  const auto standing = describe(directory.path() / "standing.png");
  const auto gradients = [](const std::vector<float>& all) {
    return std::vector(all.begin() + kColourBins, all.begin() + kColourBins + kGradientBins);
  };
  EXPECT_GT(distance(gradients(lying), gradients(standing)), 1.0);
}

TEST(DescribeImage, StaysWithinZeroAndOneFromOnePixelToLarge) {
  const TempDirectory directory;
  for (const int side : {1, 2, 63, 64, 65, 1500}) {
    const fs::path file = directory.path() / "image.jpg";
    write_image(file, {90, 120, 200}, side, side);
    for (const float value : describe(file)) {
      EXPECT_GE(value, 0.0F);
      EXPECT_LE(value, 1.0F);
    }
  }
}

struct BadImage {
  std::string name;
  std::string content;
  std::string problem;
};

std::string png_with_size(std::string_view width_and_height) {
  return "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s + std::string(width_and_height) +
         "\x08\x02\0\0\0\0\0\0\0IEND"s;
}

TEST(DescribeImage, SaysWhyAnImageCannotBeRead) {
  const TempDirectory directory;
  write_image(directory.path() / "good.jpg", {1, 2, 3}, 50, 50);
  write_image(directory.path() / "good.png", {1, 2, 3}, 50, 50);
  const std::string jpg = read_file(directory.path() / "good.jpg");
  const std::string png = read_file(directory.path() / "good.png");
  const std::vector<BadImage> cases{
      {"empty", "", "is no JPEG, PNG, WebP or BMP image"},
      {"text", "<html>not found</html>", "is no JPEG, PNG, WebP or BMP image"},
      {"cut.jpg", jpg.substr(0, jpg.size() - 40), "is cut off"},
      {"cut.png", png.substr(0, png.size() - 20), "is cut off"},
      {"bomb",
       png_with_size("\0\0\xFF\xFF\0\0\xFF\xFF"s),
       "has 65535 x 65535 pixels, more than 50000000"},
      {"flat", png_with_size("\0\0\0\0\0\0\0\x09"s), "is no JPEG, PNG, WebP or BMP image"},
      {"hollow", png_with_size("\0\0\0\x09\0\0\0\x09"s), "is damaged"}};
  for (const BadImage& bad : cases) {
    write_file(directory.path() / bad.name, bad.content);
    std::string problem;
    const auto out = describe(directory.path() / bad.name, &problem);
    EXPECT_EQ(problem, bad.problem) << bad.name;
    EXPECT_EQ(std::ranges::count(out, 0.0F), std::ssize(out)) << bad.name;
  }
  std::string problem;
  describe(directory.path() / "nowhere.jpg", &problem);
  EXPECT_EQ(problem, "no such file");
  describe(directory.path(), &problem);
  EXPECT_EQ(problem, "is no regular file");
}

TEST(DescribeImages, CountsWhatBecameOfEveryImage) {
  const TempDirectory directory;
  write_image(directory.path() / "good.png", {1, 2, 3}, 5, 5);
  write_file(directory.path() / "bad.png", "?");
  const std::string bad = (directory.path() / "bad.png").string();
  const std::vector<std::string> images{
      "", bad, (directory.path() / "good.png").string(), "scheme://host/a.jpg", bad};
  RowMask present;
  const ImageCounts counts =
      describe_images(images, directory.path() / "out.npy", 1, present, nullptr);
  EXPECT_EQ(counts.described, 1);
  EXPECT_EQ(counts.remote, 1);
  EXPECT_EQ(counts.absent, 1);
  EXPECT_EQ(counts.unreadable, 2);
  EXPECT_EQ(counts.first_problem, bad + ": is no JPEG, PNG, WebP or BMP image");
  EXPECT_THAT(present, ::testing::ElementsAre(0, 0, 1, 0, 0));
}

TEST(DescribeImages, WritesTheSameBytesOnAnyNumberOfThreads) {
  const TempDirectory directory;
  std::vector<std::string> images;
  for (int i = 0; i < 40; ++i) {
    images.push_back((directory.path() / fmt::format("{}.png", i)).string());
    write_image(images.back(), {i * 6.0, 255 - i * 6.0, i * 3.0}, 20 + i, 60 - i);
  }
  RowMask present;
  describe_images(images, directory.path() / "one.npy", 1, present, nullptr);
  describe_images(images, directory.path() / "five.npy", 5, present, nullptr);
  EXPECT_EQ(read_file(directory.path() / "one.npy"), read_file(directory.path() / "five.npy"));
}

}  // namespace
}  // namespace crossfade
