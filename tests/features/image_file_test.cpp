// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "crossfade/core/files.h"

#include "support.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using ::testing::ElementsAre;
using testing::TempDirectory;
using testing::write_image;

Image rgb(const fs::path& file, int max_side = 1000) {
  auto read = read_rgb_image(file, max_side);
  EXPECT_TRUE(std::holds_alternative<Image>(read)) << file << std::get<std::string>(read);
  return std::get<Image>(std::move(read));
}

std::string problem(const fs::path& file) {
  auto read = read_rgb_image(file, 1000);
  return std::holds_alternative<Image>(read) ? "" : std::get<std::string>(read);
}

// The mean of each channel.
std::array<int, 3> means(const Image& image) {
  std::array<int, 3> sums{};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    sums[i % 3] += image.pixels[i];
  }
  for (int& sum : sums) {
    sum /= image.width * image.height;
  }
  return sums;
}

void append_number(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<char>(number >> shift & 0xFF));
  }
}

// A chunk of a PNG file: length, name, content, check sum.
std::string png_chunk(const std::string& name, const std::string& content) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : name + content) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1) * 0xEDB88320;
    }
  }
  std::string chunk;
  append_number(chunk, static_cast<std::uint32_t>(content.size()));
  chunk += name + content;
  append_number(chunk, ~crc);
  return chunk;
}

// A chunk of a WebP file.
std::string webp_chunk(const std::string& name, const std::string& content) {
  std::string chunk = name;
  for (const int shift : {0, 8, 16, 24}) {
    chunk.push_back(static_cast<char>(content.size() >> shift & 0xFF));
  }
  return chunk + content;
}

// Red, 8 x 8, four inks, as Adobe's programs write it.
std::string cmyk_jpeg() {
  const std::string hex =
      "ffd8ffee000e41646f626500640000000000ffdb0043000302020302020303030304030304050805050404050a07"
      "0706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc0001408"
      "00080008044311004d11005911004b1100ffc40014000100000000000000000000000000000009ffc40014100100"
      "000000000000000000000000000000ffda000e0443004d0059004b00003f0054c550aa2a6fffd9";
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(ImageFile, ChannelsAreRedGreenBlueOrTheReverse) {
  const TempDirectory directory;
  write_image(directory / "a.png", {10, 20, 200}, 3, 2);
  const Image image = rgb(directory / "a.png");
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  ASSERT_EQ(image.pixels.size(), 18U);
  EXPECT_THAT(means(image), ElementsAre(200, 20, 10));
  EXPECT_THAT(means(std::get<Image>(read_image(directory / "a.png", {.shorter = 9, .longer = 9}))),
              ElementsAre(10, 20, 200));
}

TEST(ImageFile, LargeImagesAreShrunkInProportion) {
  const TempDirectory directory;
  for (const std::string format : {"png", "jpg"}) {
    const fs::path file = directory / ("a." + format);
    write_image(file, {10, 20, 200}, 3000, 900);
    const Image image = rgb(file, 300);
    EXPECT_EQ(image.width, 300);
    EXPECT_EQ(image.height, 90);
    EXPECT_NEAR(means(image)[0], 200, 3);
    write_image(file, {10, 20, 200}, 2000, 1);
    EXPECT_EQ(rgb(file, 300).height, 1);
    EXPECT_EQ(rgb(file, 2000).width, 2000);
  }
}

TEST(ImageFile, DetailThatShrinkingWouldLoseIsLeftOutWhenBothSidesAllow) {
  const TempDirectory directory;
  write_image(directory / "a.jpg", {10, 20, 200}, 1600, 400);
  const auto width = [&](LeastSize least) {
    return std::get<Image>(read_image(directory / "a.jpg", least)).width;
  };
  EXPECT_EQ(width({.shorter = 50, .longer = 1}), 200);
  EXPECT_EQ(width({.shorter = 51, .longer = 1}), 400);
  EXPECT_EQ(width({.shorter = 50, .longer = 500}), 800);
  EXPECT_EQ(width({.shorter = 1, .longer = 801}), 1600);
}

TEST(ImageFile, ReadsGreyTransparentAndDeepImages) {
  const TempDirectory directory;
  const auto write = [&](int type, const cv::Scalar& colour) {
    cv::imwrite((directory / "a.png").string(), cv::Mat(2, 2, type, colour));
    return means(rgb(directory / "a.png"));
  };
  EXPECT_THAT(write(CV_8UC1, {90}), ElementsAre(90, 90, 90));
  EXPECT_THAT(write(CV_8UC4, {10, 20, 200, 128}), ElementsAre(200, 20, 10));
  EXPECT_THAT(write(CV_16UC3, {2570, 5140, 51400}), ElementsAre(200, 20, 10));
  EXPECT_THAT(write(CV_16UC1, {23130}), ElementsAre(90, 90, 90));
}

TEST(ImageFile, ReadsJpegsOfFourInks) {
  const TempDirectory directory;
  write_file(directory / "a.jpg", cmyk_jpeg());
  const std::array<int, 3> colour = means(rgb(directory / "a.jpg"));
  EXPECT_GT(colour[0], 240);
  EXPECT_LT(colour[1], 15);
  EXPECT_LT(colour[2], 15);
}

TEST(ImageFile, TakesTheFirstFrameOfAnAnimatedPng) {
  const TempDirectory directory;
  write_image(directory / "a.png", {10, 20, 200}, 4, 4);
  std::string bytes = read_file(directory / "a.png");
  constexpr std::size_t kAfterHeader = 8 + 25;
  bytes.insert(kAfterHeader, png_chunk("acTL", "\0\0\0\x02\0\0\0\0"s));
  const std::string frame = "\0\0\0\x04\0\0\0\x04\0\0\0\0\0\0\0\0\0\x01\0\x0A\0\0"s;
  const std::size_t end = bytes.size() - 12;
  bytes.insert(end, png_chunk("fcTL", "\0\0\0\0"s + frame));
  write_file(directory / "a.png", bytes);
  EXPECT_THAT(means(rgb(directory / "a.png")), ElementsAre(200, 20, 10));
}

TEST(ImageFile, RefusesAnAnimatedWebP) {
  const TempDirectory directory;
  write_image(directory / "a.webp", {10, 20, 200}, 4, 4);
  const std::string still = read_file(directory / "a.webp").substr(12);
  const std::string size = "\x03\0\0\x03\0\0"s;
  const std::string frame = webp_chunk("ANMF", "\0\0\0\0\0\0"s + size + "\x64\0\0\0"s + still);
  const std::string content = "WEBP" + webp_chunk("VP8X", "\x02\0\0\0"s + size) +
                              webp_chunk("ANIM", "\0\0\0\0\0\0"s) + frame + frame;
  write_file(directory / "a.webp", webp_chunk("RIFF", content));
  EXPECT_EQ(problem(directory / "a.webp"), "is an animated WebP; only still ones are read");
}

TEST(ImageFile, SaysWhyAFileCannotBeRead) {
  const TempDirectory directory;
  write_file(directory / "a.gif", "GIF89a\x01\0\x01\0\0\0\0;"s);
  EXPECT_EQ(problem(directory / "a.gif"), "is no JPEG, PNG, WebP or BMP image");
  fs::resize_file(directory / "a.gif", kMaxImageBytes + 1);
  EXPECT_EQ(problem(directory / "a.gif"), "has 64000001 bytes, more than 64000000");
  EXPECT_EQ(problem(directory / "none.jpg"), "no such file");
  EXPECT_EQ(problem(directory.path()), "is no regular file");
  EXPECT_EQ(problem(fs::path(std::string(5000, 'a'))), "no such file");
}

// Decoders may fill in what is missing; nothing may crash.
TEST(ImageFile, SurvivesEveryFlippedByte) {
  const TempDirectory directory;
  for (const std::string format : {"png", "jpg", "webp", "bmp"}) {
    const fs::path file = directory / ("image." + format);
    write_image(file, {10, 200, 30}, 5, 4);
    const std::string bytes = read_file(file);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(~flipped[i]);
      std::ofstream(file, std::ios::binary) << flipped;  // write_file would wait for the disk
      (void)read_rgb_image(file, 1000);
    }
  }
}

}  // namespace
}  // namespace crossfade
