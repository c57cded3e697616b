// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

/// How a file is laid out, as far as reading it is concerned.
enum class Layout {
  kJsonLines,    ///< One JSON object per line.
  kPythonLines,  ///< One Python dict literal per line, as some 2014 files are.
  kDelimited,    ///< A header line, then one row per line: CSV, TSV, RecBole's atomic files.
  kParquet,
};

/// What the first megabyte of a file says about the whole.
struct InputFile {
  std::filesystem::path path;
  Layout layout = Layout::kDelimited;
  bool gzip = false;
  char delimiter = ',';  ///< Of kDelimited.
  bool quoted = true;    ///< Of kDelimited: fields may stand in double quotes.
  std::vector<std::string>
      columns;  ///< Names in file order; of kJsonLines those seen so far; of kParquet none.
};

/// Recognises `path` by content and name; `format` is "auto" or one of DomainSource::format and
/// then decides what the name leaves open.
/// @throws Error  kIo when it cannot be read; kData when it is empty, binary or no JSON where
///                JSON is expected.
[[nodiscard]] InputFile inspect_file(const std::filesystem::path& path, std::string_view format);

/// The fields of one delimited line. Doubled quotes inside a quoted field stand for one.
[[nodiscard]] std::vector<std::string> split_fields(std::string_view line,
                                                    char delimiter,
                                                    bool quoted);

}  // namespace crossfade
