// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "crossfade/core/files.h"
#include "crossfade/core/json.h"

namespace crossfade::testing {

/// The lines of a text file.
inline std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::istringstream text(read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// The lines of a JSONL file that are JSON.
inline std::vector<Json> read_jsonl(const std::filesystem::path& file) {
  std::vector<Json> rows;
  for (const std::string& line : read_lines(file)) {
    Json row = Json::parse(line, nullptr, false);
    if (!row.is_discarded()) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// The content of every file below `directory`, by relative path.
inline std::map<std::string, std::string> read_tree(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files[std::filesystem::relative(entry.path(), directory).string()] = read_file(entry.path());
    }
  }
  return files;
}

}  // namespace crossfade::testing
