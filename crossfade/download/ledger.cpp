// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/ledger.h"

#include <algorithm>
#include <utility>

#include "crossfade/core/files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

DownloadRow row_of(const Ledger::Entry& entry, const std::string& item) {
  const DownloadResult& result = *entry.result;
  const bool stored = result.outcome == DownloadOutcome::kStored;
  return {.item = item,
          .address = entry.address,
          .outcome = result.outcome,
          .file = stored ? result.text : "",
          .bytes = result.bytes,
          .reason = stored ? "" : result.text};
}

void sort_unique(std::vector<std::string>& items) {
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

// Items that were asked for now and have a line already are taken out.
void keep_new_items(Ledger::Entry& entry) {
  const auto middle = entry.items.begin() + static_cast<std::ptrdiff_t>(entry.recorded);
  std::vector<std::string> asked(std::make_move_iterator(middle),
                                 std::make_move_iterator(entry.items.end()));
  entry.items.erase(middle, entry.items.end());
  sort_unique(asked);
  std::erase_if(asked, [&](const std::string& item) {
    return std::ranges::binary_search(entry.items, item);
  });
  std::ranges::move(asked, std::back_inserter(entry.items));
}

}  // namespace

Ledger::Ledger(const fs::path& directory) : file_(download_table_file(directory)) {
  if (fs::exists(file_)) {
    read();
  }
  if (!output_) {
    output_.emplace(file_, 0);
    output_->append(download_table_header());
  }
}

void Ledger::read() {
  std::size_t lines = 0;
  const std::string text = read_file(file_);
  const std::size_t whole = parse_download_table(text, file_, [&](DownloadRow&& row) {
    Entry& entry = entry_of(row.address);
    entry.items.push_back(std::move(row.item));
    const bool stored = row.outcome == DownloadOutcome::kStored;
    entry.result = {.outcome = row.outcome,
                    .text = std::move(stored ? row.file : row.reason),
                    .bytes = row.bytes};
    ++lines;
  });
  std::size_t kept = 0;
  for (Entry& entry : entries_) {
    sort_unique(entry.items);
    entry.recorded = entry.items.size();
    kept += entry.recorded;
  }
  superseded_ = kept < lines;
  if (whole > 0) {
    output_.emplace(file_, static_cast<std::int64_t>(whole));
  }
}

Ledger::Entry& Ledger::entry_of(std::string_view address) {
  if (const auto found = by_address_.find(address); found != by_address_.end()) {
    return *found->second;
  }
  Entry& entry = entries_.emplace_back();
  entry.address = address;
  by_address_.emplace(entry.address, &entry);
  return entry;
}

void Ledger::want(std::string_view item, std::string_view address) {
  Entry& entry = entry_of(address);
  entry.wanted = true;
  entry.items.emplace_back(item);
}

std::vector<std::size_t> Ledger::plan(const ImageStore& store, bool retry_failed) {
  std::vector<std::size_t> numbers;
  for (std::size_t number = 0; number < entries_.size(); ++number) {
    Entry& entry = entries_[number];
    if (!entry.wanted) {
      continue;
    }
    keep_new_items(entry);
    const auto& result = entry.result;
    const bool done = result && ((result->outcome == DownloadOutcome::kStored &&
                                  store.holds(result->text, result->bytes)) ||
                                 (result->outcome == DownloadOutcome::kFailed && !retry_failed));
    if (done) {
      write_lines(entry, entry.recorded);
    } else {
      numbers.push_back(number);
    }
  }
  flush();
  return numbers;
}

void Ledger::write_lines(Entry& entry, std::size_t first_item) {
  for (std::size_t i = first_item; i < entry.items.size(); ++i) {
    unwritten_ += to_line(row_of(entry, entry.items[i]));
  }
  superseded_ = superseded_ || first_item < entry.recorded;
  entry.recorded = entry.items.size();
}

void Ledger::record(std::size_t number, DownloadResult result) {
  Entry& entry = entries_[number];
  entry.result = std::move(result);
  write_lines(entry, 0);
}

void Ledger::flush() {
  output_->append(unwritten_);
  unwritten_.clear();
}

void Ledger::finish() {
  flush();
  if (!superseded_) {
    return;
  }
  std::string text = download_table_header();
  for (const Entry& entry : entries_) {
    for (std::size_t i = 0; i < entry.recorded; ++i) {
      text += to_line(row_of(entry, entry.items[i]));
    }
  }
  write_file(file_, text);
}

}  // namespace crossfade
