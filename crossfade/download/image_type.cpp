// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_type.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "crossfade/features/image_header.h"

namespace crossfade {
namespace {

using namespace std::string_view_literals;

// "BM" alone begins many a text; a bitmap also has one of these sizes for its second header.
bool is_bitmap(std::string_view bytes) {
  constexpr std::array kHeaderSizes{12, 40, 52, 56, 64, 108, 124};
  return bytes.size() >= kImageTypeBytes && bytes.starts_with("BM"sv) && bytes[15] == '\0' &&
         std::ranges::find(kHeaderSizes, static_cast<unsigned char>(bytes[14])) !=
             kHeaderSizes.end();
}

}  // namespace

std::string_view find_image_type(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) {
    return "jpg";
  }
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) {
    return "png";
  }
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) {
    return "gif";
  }
  if (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv)) {
    return "webp";
  }
  return is_bitmap(bytes) ? "bmp" : "";
}

std::string show_beginning(std::string_view bytes) {
  constexpr std::size_t kShown = 16;
  std::string shown;
  for (const char c : bytes.substr(0, kShown)) {
    shown += c >= ' ' && c <= '~' ? c : '.';
  }
  return fmt::format("\"{}\"", shown);
}

std::string image_problem(std::string_view bytes, std::string_view content_type) {
  if (bytes.empty()) {
    return "is empty";
  }
  const std::string_view type = find_image_type(bytes);
  if (type.empty()) {
    return fmt::format("is no image but begins with {}; the server calls it \"{}\"",
                       show_beginning(bytes),
                       content_type);
  }
  if (type == "gif") {
    return "";
  }
  const std::optional<ImageHeader> header = read_image_header(bytes);
  if (!header) {
    return fmt::format("is a damaged {}", type);
  }
  return header->complete ? "" : fmt::format("is a {} that is cut short", type);
}

}  // namespace crossfade
