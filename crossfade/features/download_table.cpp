// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/download_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::array kOutcomes{
    DownloadOutcome::kStored, DownloadOutcome::kFailed, DownloadOutcome::kPostponed};
constexpr std::size_t kColumns = 6;
constexpr std::array<std::pair<char, char>, 4> kEscapes{
    {{'\t', 't'}, {'\n', 'n'}, {'\r', 'r'}, {'\\', '\\'}}};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto* escape =
        std::ranges::find(kEscapes, c, [](const auto& candidate) { return candidate.first; });
    if (escape != kEscapes.end()) {
      out += '\\';
    }
    out += escape != kEscapes.end() ? escape->second : c;
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const auto* escape = std::ranges::find(
          kEscapes, text[++i], [](const auto& candidate) { return candidate.second; });
      c = escape != kEscapes.end() ? escape->first : text[i];
    }
    out += c;
  }
  return out;
}

// The cells of a line; fewer or more than kColumns make nothing.
bool split(std::string_view line, std::array<std::string_view, kColumns>& cells) {
  for (std::size_t column = 0; column < kColumns; ++column) {
    const std::size_t end = line.find('\t');
    const bool last = column + 1 == kColumns;
    if (last != (end == std::string_view::npos)) {
      return false;
    }
    cells[column] = line.substr(0, end);
    line.remove_prefix(last ? line.size() : end + 1);
  }
  return true;
}

bool parse(std::string_view line, DownloadRow& row) {
  std::array<std::string_view, kColumns> cells;
  if (!split(line, cells)) {
    return false;
  }
  const auto* outcome = std::ranges::find(
      kOutcomes, cells[2], [](DownloadOutcome candidate) { return name_of(candidate); });
  const std::string_view bytes = cells[4];
  const auto parsed = std::from_chars(bytes.data(), bytes.data() + bytes.size(), row.bytes);
  if (outcome == kOutcomes.end() || parsed.ec != std::errc() ||
      parsed.ptr != bytes.data() + bytes.size()) {
    return false;
  }
  row.item = unescaped(cells[0]);
  row.address = unescaped(cells[1]);
  row.outcome = *outcome;
  row.file = unescaped(cells[3]);
  row.reason = unescaped(cells[5]);
  return true;
}

}  // namespace

std::string_view name_of(DownloadOutcome outcome) noexcept {
  switch (outcome) {
    case DownloadOutcome::kStored:
      return "stored";
    case DownloadOutcome::kFailed:
      return "failed";
    case DownloadOutcome::kPostponed:
      return "postponed";
  }
  return "";
}

fs::path download_table_file(const fs::path& directory) {
  return directory / "images.tsv";
}

std::string download_table_header() {
  return "item\taddress\toutcome\tfile\tbytes\treason\n";
}

std::string to_line(const DownloadRow& row) {
  std::string line;
  append_escaped(line, row.item);
  line += '\t';
  append_escaped(line, row.address);
  line += fmt::format("\t{}\t", name_of(row.outcome));
  append_escaped(line, row.file);
  line += fmt::format("\t{}\t", row.bytes);
  append_escaped(line, row.reason);
  line += '\n';
  return line;
}

std::size_t parse_download_table(std::string_view text,
                                 const fs::path& file,
                                 const std::function<void(DownloadRow&&)>& on_row) {
  std::size_t at = 0;
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      return at;
    }
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (number == 1) {
      require(text.substr(0, at) == download_table_header(),
              ErrorKind::kData,
              "{}:1: is not the header of a table of downloads; name another folder",
              file.string());
      continue;
    }
    DownloadRow row;
    require(parse(line, row),
            ErrorKind::kData,
            "{}:{}: is damaged; remove the line, and its image is fetched again",
            file.string(),
            number);
    on_row(std::move(row));
  }
}

DownloadedImages::DownloadedImages(const fs::path& directory) : directory_(directory) {
  const fs::path file = download_table_file(directory);
  require(fs::exists(file),
          ErrorKind::kIo,
          "{}: there is no {}; features.image.downloads names a folder of `crossfade download "
          "images`",
          directory.string(),
          file.filename().string());
  parse_download_table(read_file(file), file, [&](DownloadRow&& row) {
    // A later failure takes an earlier file away: it is gone or was not what it seemed.
    by_item_[std::move(row.item)] = row.file;
    by_address_[std::move(row.address)] = std::move(row.file);
  });
}

std::string DownloadedImages::lookup(const std::unordered_map<std::string, std::string>& files,
                                     const std::string& key) const {
  const auto found = files.find(key);
  return found == files.end() || found->second.empty() ? "" : (directory_ / found->second).string();
}

std::string DownloadedImages::find(std::string_view image,
                                   Domain domain,
                                   const std::string& item) const {
  std::string file = lookup(by_address_, std::string(image));
  if (file.empty()) {
    file = lookup(by_item_, fmt::format("{}/{}", name_of(domain), item));
  }
  return file.empty() ? lookup(by_item_, item) : file;
}

}  // namespace crossfade
