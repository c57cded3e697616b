// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/toml.h"

#include <algorithm>
#include <cctype>

#include <toml++/toml.h>

#include "crossfade/core/files.h"

namespace crossfade {
namespace {

std::string at(const toml::node& node, const std::string& source, bool lines) {
  return lines ? fmt::format("{}:{}", source, node.source().begin.line) : source;
}

template <typename T>
std::vector<T> elements(const toml::array& array, const std::string& where) {
  std::vector<T> values;
  for (const toml::node& element : array) {
    const auto value = element.value<T>();
    require(value.has_value(), ErrorKind::kUsage, "{}: the elements differ in type", where);
    values.push_back(*value);
  }
  return values;
}

TomlTable convert(const toml::table& table, const std::string& source, bool lines);

TomlValue convert(const toml::node& node, const std::string& source, bool lines) {
  const std::string where = at(node, source, lines);
  if (const auto* table = node.as_table()) {
    return convert(*table, source, lines);
  }
  if (const auto* array = node.as_array()) {
    if (array->empty() || array->front().is_string()) {
      return elements<std::string>(*array, where);
    }
    const bool whole = std::ranges::all_of(*array, [](const auto& n) { return n.is_integer(); });
    return whole ? TomlValue(elements<std::int64_t>(*array, where))
                 : TomlValue(elements<double>(*array, where));
  }
  if (const auto flag = node.value_exact<bool>()) {
    return *flag;
  }
  if (const auto whole = node.value_exact<std::int64_t>()) {
    return *whole;
  }
  if (const auto number = node.value_exact<double>()) {
    return *number;
  }
  if (const auto text = node.value_exact<std::string>()) {
    return *text;
  }
  fail(ErrorKind::kUsage, "{}: dates and times are not used by any setting", where);
}

TomlTable convert(const toml::table& table, const std::string& source, bool lines) {
  TomlTable out{.entries = {}, .where = at(table, source, lines)};
  for (const auto& [key, node] : table) {
    out.entries.push_back({.name = std::string(key.str()),
                           .value = convert(node, source, lines),
                           .where = at(node, source, lines)});
  }
  // toml++ sorts by name; people expect their own order.
  if (lines) {
    std::ranges::stable_sort(out.entries, {}, [&](const TomlEntry& entry) {
      return table.get(entry.name)->source().begin.line;
    });
  }
  return out;
}

TomlTable parse(std::string_view text, const std::string& source, bool lines) {
  try {
    return convert(toml::parse(text, source), source, lines);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kUsage, "{}:{}: {}", source, error.source().begin.line, error.description());
  }
}

}  // namespace

std::optional<TomlEntry> TomlTable::take(std::string_view name) {
  TomlEntry* found = find(name);
  if (found == nullptr) {
    return std::nullopt;
  }
  TomlEntry entry = std::move(*found);
  std::erase_if(entries, [&](const TomlEntry& other) { return &other == found; });
  return entry;
}

const TomlEntry* TomlTable::find(std::string_view name) const {
  const auto found = std::ranges::find(entries, name, &TomlEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

TomlEntry* TomlTable::find(std::string_view name) {
  const auto found = std::ranges::find(entries, name, &TomlEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

TomlTable read_toml(const std::filesystem::path& file) {
  return parse(read_file(file), file.string(), true);
}

TomlTable parse_toml(std::string_view text, const std::string& source) {
  return parse(text, source, true);
}

std::string toml_key(std::string_view name) {
  const bool bare = !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
  return bare ? std::string(name) : toml_quote(name);
}

namespace {

// A dotted name as people write it, "model.emcdr+.epochs", as TOML wants it.
std::string toml_path(std::string_view name) {
  if (name.find('"') != std::string_view::npos) {
    return std::string(name);
  }
  std::string path;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    path += begin == 0 ? "" : ".";
    path += toml_key(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return path;
}

}  // namespace

TomlTable parse_assignment(std::string_view assignment, std::string_view origin) {
  const std::size_t equals = assignment.find('=');
  const std::string source = fmt::format("{} {}", origin, assignment);
  require(equals != std::string_view::npos && equals > 0,
          ErrorKind::kUsage,
          "{}: write it as name=value, for example --set ingest.min_words=5",
          source);
  const std::string name = toml_path(assignment.substr(0, equals));
  const std::string_view value = assignment.substr(equals + 1);
  try {
    return parse(fmt::format("{} = {}", name, value), source, false);
  } catch (const Error&) {
    return parse(fmt::format("{} = {}", name, toml_quote(value)), source, false);
  }
}

void merge(TomlTable& base, const TomlTable& over) {
  for (const TomlEntry& entry : over.entries) {
    TomlEntry* existing = base.find(entry.name);
    if (existing == nullptr) {
      base.entries.push_back(entry);
      continue;
    }
    auto* below = std::get_if<TomlTable>(&existing->value);
    const auto* above = std::get_if<TomlTable>(&entry.value);
    if (below != nullptr && above != nullptr) {
      merge(*below, *above);
    } else {
      *existing = entry;
    }
  }
}

std::string toml_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

}  // namespace crossfade
