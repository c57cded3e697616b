// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/input_file.h"

#include <algorithm>

#include "crossfade/core/error.h"
#include "crossfade/core/json.h"
#include "crossfade/ingest/gzip_file.h"
#include "crossfade/ingest/json_text.h"

namespace crossfade {
namespace {

constexpr std::size_t kHeadSize = 1 << 20;

std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  while (!head.empty()) {
    const std::size_t newline = head.find('\n');
    std::string_view line = head.substr(0, newline);
    line = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (line.find_first_not_of(" \t") != std::string_view::npos) {
      lines.push_back(line);
    }
    head = newline == std::string_view::npos ? "" : head.substr(newline + 1);
  }
  return lines;
}

// The file name in lower case, without .gz.
std::string plain_name(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
}

bool is_json(std::string_view format, std::string_view name, std::string_view first_line) {
  const char first = first_line[first_line.find_first_not_of(" \t")];
  return format.starts_with("amazon") ||
         (format == "auto" && (name.ends_with(".json") || name.ends_with(".jsonl") ||
                               name.ends_with(".ndjson") || first == '{' || first == '['));
}

// Fills in the names that the objects in `lines` use.
void inspect_json(const std::vector<std::string_view>& lines, InputFile& file) {
  const std::string_view first = lines.front();
  const std::size_t begin = first.find_first_not_of(" \t");
  require(first[begin] != '[',
          ErrorKind::kData,
          "{}: is a JSON array; one object per line is expected",
          file.path.string());
  const std::size_t inner = first.find_first_not_of(" \t", begin + 1);
  const bool python = inner != std::string_view::npos && first.substr(inner).starts_with('\'');
  file.layout = python ? Layout::kPythonLines : Layout::kJsonLines;
  for (const std::string_view line : lines) {
    std::string text(python ? "" : line);
    if (python) {
      python_to_json(line, text);
    }
    const Json object = Json::parse(text, nullptr, false);
    if (!object.is_object()) {
      continue;
    }
    for (const auto& entry : object.items()) {
      if (std::ranges::find(file.columns, entry.key()) == file.columns.end()) {
        file.columns.push_back(entry.key());
      }
    }
  }
  require(!file.columns.empty(),
          ErrorKind::kData,
          "{}: none of its first {} lines is a JSON object; one object per line is expected",
          file.path.string(),
          lines.size());
}

char find_delimiter(std::string_view header) {
  const std::string_view candidates = ",;|";
  return *std::ranges::max_element(
      candidates, {}, [&](char c) { return std::ranges::count(header, c); });
}

// A field that begins with a quote and goes on after the closing one ("Weird Al" Yankovic) shows
// that quotes are plain characters.
bool goes_on_after_quote(const std::string& field) {
  if (!field.starts_with('"')) {
    return false;
  }
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    if (field[i] == '"') {
      if (field[i + 1] != '"') {
        return true;
      }
      ++i;
    }
  }
  return false;
}

bool fields_are_quoted(const std::vector<std::string_view>& lines, char delimiter) {
  return std::ranges::none_of(lines, [&](std::string_view line) {
    return std::ranges::any_of(split_fields(line, delimiter, false), goes_on_after_quote);
  });
}

void inspect_delimited(std::string_view format,
                       std::string_view name,
                       const std::vector<std::string_view>& lines,
                       InputFile& file) {
  const std::string_view header = lines.front();
  const bool recbole = format == "recbole" ||
                       (format == "auto" && (name.ends_with(".inter") || name.ends_with(".item")));
  const bool tabs =
      recbole || format == "tsv" ||
      (format == "auto" && (name.ends_with(".tsv") || header.find('\t') != std::string_view::npos));
  file.layout = Layout::kDelimited;
  file.delimiter = tabs ? '\t' : find_delimiter(header);
  file.quoted = !recbole && (!tabs || fields_are_quoted(lines, '\t'));
  file.columns = split_fields(header, file.delimiter, file.quoted);
}

}  // namespace

std::vector<std::string> split_fields(std::string_view line, char delimiter, bool quoted) {
  std::vector<std::string> fields(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"') {
      const bool doubled = inside && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) {
        fields.back() += c;
        ++i;
      } else {
        inside = !inside;
      }
    } else if (c == delimiter && !inside) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

InputFile inspect_file(const std::filesystem::path& path, std::string_view format) {
  InputFile file;
  file.path = path;
  file.gzip = is_gzip(path);
  std::string head = GzipFile(path).read(kHeadSize);
  require(!head.empty(), ErrorKind::kData, "{}: is empty", path.string());
  const bool parquet = head.starts_with("PAR1");
  require(parquet || format != "parquet",
          ErrorKind::kData,
          "{}: is not a Parquet file, which ingest expects by format = \"parquet\"",
          path.string());
  if (parquet) {
    file.layout = Layout::kParquet;
    return file;
  }
  const std::size_t zero = head.find('\0');
  require(zero == std::string::npos,
          ErrorKind::kData,
          "{}: is not text (byte {} is zero); JSON lines, CSV, TSV or Parquet is expected",
          path.string(),
          zero + 1);
  if (head.size() == kHeadSize) {
    head.resize(head.rfind('\n') == std::string::npos ? head.size() : head.rfind('\n'));
  }
  const std::string_view text = head;
  const std::vector<std::string_view> lines =
      lines_of(text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
  require(!lines.empty(), ErrorKind::kData, "{}: holds only blank lines", path.string());
  const std::string name = plain_name(path);
  if (is_json(format, name, lines.front())) {
    inspect_json(lines, file);
  } else {
    inspect_delimited(format, name, lines, file);
  }
  return file;
}

}  // namespace crossfade
