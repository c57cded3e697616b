// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crossfade/download/image_store.h"
#include "crossfade/download/output_file.h"
#include "crossfade/features/download_table.h"

namespace crossfade {

/// What became of one address.
struct DownloadResult {
  DownloadOutcome outcome = DownloadOutcome::kPostponed;
  std::string text;  ///< The file of a stored image, else the reason.
  std::int64_t bytes = 0;
};

/// All addresses of a downloads folder, those of its table and those asked for now, with what is
/// known of them: some 500 bytes of memory each. An address is fetched once, however many items
/// name it.
class Ledger {
 public:
  struct Entry {
    std::string address;
    std::vector<std::string> items;  ///< The first `recorded` have a line in the table.
    std::size_t recorded = 0;
    std::optional<DownloadResult> result;
    bool wanted = false;  ///< Asked for now.
    std::uint8_t attempts = 0;
  };

  /// Reads the table of `directory`, if there is one, and opens it to be continued.
  /// @throws Error  kIo, kData.
  explicit Ledger(const std::filesystem::path& directory);

  /// Asks for the image of an item.
  void want(std::string_view item, std::string_view address);

  /// After the last `want`: the numbers of the entries to fetch, in the order asked for. Stored
  /// ones whose file is not in `store` and postponed ones are among them, failed ones only with
  /// `retry_failed`. Lines for new items of the others are written.
  [[nodiscard]] std::vector<std::size_t> plan(const ImageStore& store, bool retry_failed);

  [[nodiscard]] Entry& operator[](std::size_t number) { return entries_[number]; }

  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

  /// Notes what became of an entry. The lines are in the table after the next `flush`.
  void record(std::size_t number, DownloadResult result);

  /// @throws Error  kIo.
  void flush();

  /// Leaves one line for each item and address in the table.
  /// @throws Error  kIo.
  void finish();

 private:
  void read();
  Entry& entry_of(std::string_view address);
  void write_lines(Entry& entry, std::size_t first_item);

  std::filesystem::path file_;
  std::deque<Entry> entries_;
  std::unordered_map<std::string_view, Entry*> by_address_;  ///< The keys are the entries' own.
  std::optional<OutputFile> output_;
  std::string unwritten_;
  bool superseded_ = false;  ///< The table has several lines for one item and address.
};

}  // namespace crossfade
