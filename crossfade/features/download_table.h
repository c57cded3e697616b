// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crossfade/dataset/per_domain.h"

namespace crossfade {

/// What became of an address.
enum class DownloadOutcome {
  kStored,     ///< A file holds its content.
  kFailed,     ///< It has no usable image, and asking again would not change that.
  kPostponed,  ///< Attempts were used up on a failure that may pass.
};

/// "stored", "failed" or "postponed".
[[nodiscard]] std::string_view name_of(DownloadOutcome outcome) noexcept;

/// One line of DIR/images.tsv, the table of a downloads folder: tab-separated, with a header line;
/// tab, line ends and backslash stand as \t, \n, \r and \\. Lines are only ever appended: of
/// several lines about one item and address the last counts.
struct DownloadRow {
  std::string
      item;  ///< As the list of addresses has it; "<domain>/<item>" from an ingest artifact.
  std::string address;
  DownloadOutcome outcome = DownloadOutcome::kFailed;
  std::string file;  ///< Seen from the folder; "" unless stored.
  std::int64_t bytes = 0;
  std::string reason;  ///< "" when stored.
};

/// The table of the downloads folder `directory`.
[[nodiscard]] std::filesystem::path download_table_file(const std::filesystem::path& directory);

/// The first line of a table, and a further line, both with their line end.
[[nodiscard]] std::string download_table_header();
[[nodiscard]] std::string to_line(const DownloadRow& row);

/// Parses a table from its text; a last line without its end, as a killed process leaves it, is
/// left out. Returns how many bytes of `text` were whole lines.
/// @throws Error  kData, naming `file` and the line.
std::size_t parse_download_table(std::string_view text,
                                 const std::filesystem::path& file,
                                 const std::function<void(DownloadRow&&)>& on_row);

/// The images of a downloads folder, found by address or by item.
class DownloadedImages {
 public:
  /// @throws Error  kIo when there is no table; kData as parse_download_table.
  explicit DownloadedImages(const std::filesystem::path& directory);

  /// The file of an item whose image column says `image`: what that address gave, or else what
  /// the lines about "<domain>/<item>" gave, or else those about "<item>". "" when none did.
  [[nodiscard]] std::string find(std::string_view image,
                                 Domain domain,
                                 const std::string& item) const;

 private:
  [[nodiscard]] std::string lookup(const std::unordered_map<std::string, std::string>& files,
                                   const std::string& key) const;

  std::filesystem::path directory_;
  std::unordered_map<std::string, std::string> by_address_;
  std::unordered_map<std::string, std::string> by_item_;
};

}  // namespace crossfade
