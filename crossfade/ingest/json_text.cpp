// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/json_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "crossfade/core/json.h"

namespace crossfade {
namespace {

void collect_texts(const Json& json, std::vector<std::string>& texts) {
  if (json.is_string() && !json.get_ref<const std::string&>().empty()) {
    texts.push_back(json.get<std::string>());
  } else if (json.is_array()) {
    for (const Json& element : json) {
      collect_texts(element, texts);
    }
  }
}

// Copies the Python string that begins with a quote at `i` as a JSON string; returns the
// position after it.
std::size_t copy_python_string(std::string_view text, std::size_t i, std::string& out) {
  const char quote = text[i++];
  out += '"';
  for (; i < text.size() && text[i] != quote; ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == 'x') {
        out += "\\u00";
      } else if (next == '\'') {
        out += '\'';
      } else if (std::string_view("\"\\/bfnrtu").find(next) != std::string_view::npos) {
        out += {'\\', next};
      } else {
        out += {'\\', '\\', next};
      }
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  out += '"';
  return i + 1;
}

// The first text in `json`, "" when there is none.
std::string first_text(const Json& json) {
  std::vector<std::string> texts;
  collect_texts(json, texts);
  return texts.empty() ? "" : texts.front();
}

}  // namespace

void join_json_texts(std::string_view json,
                     std::string_view separator,
                     bool unique,
                     std::string& out) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) {
    out += json;
    return;
  }
  std::vector<std::string> texts;
  collect_texts(parsed, texts);
  for (auto text = texts.begin(); text != texts.end(); ++text) {
    if (unique && std::find(texts.begin(), text, *text) != text) {
      continue;
    }
    out += text == texts.begin() ? "" : separator;
    out += *text;
  }
}

void first_json_image(std::string_view json, std::string& out) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) {
    out += json;
    return;
  }
  const Json& entry = parsed.is_array() && !parsed.empty() ? parsed.front() : parsed;
  if (!entry.is_object()) {
    out += first_text(parsed);
    return;
  }
  for (const char* size : {"hi_res", "large", "thumb"}) {
    const auto found = entry.find(size);
    const std::string image = found == entry.end() ? "" : first_text(*found);
    if (!image.empty()) {
      out += image;
      return;
    }
  }
}

void python_to_json(std::string_view text, std::string& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords = {
      {{"None", "null"}, {"True", "true"}, {"False", "false"}}};
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool prefix =
        c == 'u' && i + 1 < text.size() && (text[i + 1] == '\'' || text[i + 1] == '"');
    if (prefix) {
      ++i;
    } else if (c == '\'' || c == '"') {
      i = copy_python_string(text, i, out);
    } else if (const auto* word = std::ranges::find_if(
                   kWords, [&](const auto& w) { return text.substr(i).starts_with(w.first); });
               word != kWords.end()) {
      out += word->second;
      i += word->first.size();
    } else {
      out += c == '(' ? '[' : c == ')' ? ']' : c;
      ++i;
    }
  }
}

}  // namespace crossfade
