// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/word_vectors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>
#include <string>

#include "crossfade/core/error.h"
#include "crossfade/features/text/tokenizer.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlank = " \t\r";

// As much of a line as a message shows: those of binary files can be long.
constexpr std::size_t kShown = 40;

// Cuts the next field off `line`; empty at its end.
std::string_view take_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view field = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(field.size());
  return field;
}

std::size_t count_fields(std::string_view line) {
  std::size_t count = 0;
  while (!take_field(line).empty()) {
    ++count;
  }
  return count;
}

// The word as reviews spell it; nothing when it is none or several.
std::optional<std::string> folded(std::string_view word) {
  Tokenizer tokens(word);
  if (!tokens.next()) {
    return std::nullopt;
  }
  std::string first(tokens.word());
  return tokens.next() ? std::nullopt : std::optional(std::move(first));
}

// The second number of "count width"; 0 when it is none.
std::size_t width_of_header(std::string_view line) {
  take_field(line);
  const std::string_view field = take_field(line);
  std::size_t width = 0;
  const auto [end, code] = std::from_chars(field.data(), field.data() + field.size(), width);
  return code == std::errc() && end == field.data() + field.size() ? width : 0;
}

// A finite float; nothing when `field` is none. Numbers too small for a float are 0.
std::optional<float> number_in(std::string_view field) {
  double number = 0.0;
  const auto [end, code] = std::from_chars(field.data(), field.data() + field.size(), number);
  const bool whole = code == std::errc() && end == field.data() + field.size();
  return whole && std::abs(number) <= std::numeric_limits<float>::max()
             ? std::optional(static_cast<float>(number))
             : std::nullopt;
}

class VectorReader {
 public:
  VectorReader(const fs::path& file, std::size_t n_words) : file_(file) {
    table_.known.resize(n_words);
  }

  // A header or the first vector.
  void first_line(std::string_view line) {
    const std::size_t fields = count_fields(line);
    require(fields >= 2,
            ErrorKind::kData,
            "{}:1: no word vectors; expected a word and its numbers, or \"count width\" (binary "
            "files have to be converted to text)",
            file_.string());
    is_header_ = fields == 2;
    table_.width = is_header_ ? width_of_header(line) : fields - 1;
    constexpr std::size_t kWidest = 65536;
    require(table_.width > 0 && table_.width <= kWidest,
            ErrorKind::kData,
            "{}:1: \"{}\" is no \"count width\"",
            file_.string(),
            line.substr(0, kShown));
    table_.values.resize(table_.known.size() * table_.width);
  }

  [[nodiscard]] bool is_header() const { return is_header_; }

  void vector_line(std::string_view line, std::int64_t number, std::int32_t word) {
    auto& known = table_.known[static_cast<std::size_t>(word)];
    if (known != 0) {
      return;
    }
    known = 1;
    const std::span row = std::span(table_.values)
                              .subspan(static_cast<std::size_t>(word) * table_.width, table_.width);
    for (float& value : row) {
      const std::string_view field = take_field(line);
      require(!field.empty(),
              ErrorKind::kData,
              "{}:{}: fewer than {} numbers",
              file_.string(),
              number,
              table_.width);
      const std::optional<float> parsed = number_in(field);
      require(parsed.has_value(),
              ErrorKind::kData,
              "{}:{}: \"{}\" is no number; a word and {} numbers are expected",
              file_.string(),
              number,
              field.substr(0, kShown),
              table_.width);
      value = *parsed;
    }
    require(take_field(line).empty(),
            ErrorKind::kData,
            "{}:{}: more than {} numbers",
            file_.string(),
            number,
            table_.width);
  }

  [[nodiscard]] VectorTable take() { return std::move(table_); }

 private:
  const fs::path& file_;
  bool is_header_ = false;
  VectorTable table_;
};

}  // namespace

VectorTable read_word_vectors(
    const fs::path& file,
    std::size_t n_words,
    const std::function<std::optional<std::int32_t>(std::string_view)>& number_of,
    const OnProgress& on_progress) {
  std::ifstream in(file);
  require(in.good(), ErrorKind::kIo, "{}: cannot be read", file.string());
  VectorReader reader(file, n_words);
  constexpr std::int64_t kEvery = 65536;
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (number == 1) {
      reader.first_line(line);
      if (reader.is_header()) {
        continue;
      }
    }
    if (number % kEvery == 0) {
      report(on_progress,
             Progress{.what = "reading word vectors", .done = number, .total = 0, .unit = "words"});
    }
    std::string_view rest = line;
    const std::optional<std::string> word = folded(take_field(rest));
    if (const auto known = word ? number_of(*word) : std::nullopt) {
      reader.vector_line(rest, number, *known);
    }
  }
  require(number > 0, ErrorKind::kData, "{}: the file is empty", file.string());
  require(!in.bad(), ErrorKind::kIo, "{}: cannot be read to its end", file.string());
  return reader.take();
}

}  // namespace crossfade
