// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <string>
#include <system_error>
#include <unordered_map>

#include "crossfade/core/error.h"
#include "crossfade/core/toml.h"
#include "crossfade/documents/documents.h"
#include "crossfade/documents/layout.h"
#include "crossfade/documents/stop_words.h"
#include "crossfade/documents/word_vectors.h"
#include "crossfade/features/tables.h"
#include "crossfade/features/text/tokenizer.h"
#include "crossfade/features/workspace.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

struct TextHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

using Numbers = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

constexpr std::int32_t kDropped = -1;

// Every word so far, numbered as it came.
class Lexicon {
 public:
  explicit Lexicon(const DocumentsConfig& config) : stop_words_(stop_words_of(config)) {}

  void begin_review() { ++review_; }

  // Appends the numbers of the words of `text`.
  void read(std::string_view text, std::vector<std::int32_t>& out) {
    for (Tokenizer tokens(text); tokens.next();) {
      if (!stop_words_.contains(tokens.word())) {
        out.push_back(count(tokens.word()));
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  [[nodiscard]] std::int64_t occurrences(std::int32_t word) const { return entry(word).count; }

  [[nodiscard]] std::int64_t reviews(std::int32_t word) const { return entry(word).reviews; }

  [[nodiscard]] const std::string& spelling(std::int32_t word) const {
    return *entry(word).spelling;
  }

  // The words in at least `min_reviews` reviews, by falling occurrences, then by spelling.
  [[nodiscard]] std::vector<std::int32_t> ranked(std::int64_t min_reviews) const {
    std::vector<std::int32_t> words(size());
    std::iota(words.begin(), words.end(), 0);
    std::erase_if(words, [&](std::int32_t word) { return reviews(word) < min_reviews; });
    std::ranges::sort(words, [&](std::int32_t a, std::int32_t b) {
      return occurrences(a) != occurrences(b) ? occurrences(a) > occurrences(b)
                                              : spelling(a) < spelling(b);
    });
    return words;
  }

 private:
  struct Entry {
    const std::string* spelling;  // The key in numbers_, which stays where it is.
    std::int64_t count = 0;
    std::int64_t reviews = 0;
    std::int64_t last_review = -1;
  };

  [[nodiscard]] const Entry& entry(std::int32_t word) const {
    return entries_[static_cast<std::size_t>(word)];
  }

  std::int32_t count(std::string_view word) {
    auto found = numbers_.find(word);
    if (found == numbers_.end()) {
      found = numbers_.emplace(word, static_cast<std::int32_t>(entries_.size())).first;
      entries_.push_back({.spelling = &found->first});
    }
    Entry& entry = entries_[static_cast<std::size_t>(found->second)];
    ++entry.count;
    if (entry.last_review != review_) {
      entry.last_review = review_;
      ++entry.reviews;
    }
    return found->second;
  }

  std::set<std::string, std::less<>> stop_words_;
  Numbers numbers_;
  std::vector<Entry> entries_;
  std::int64_t review_ = 0;
};

// Writes the rows of one field of one domain.
class FieldWriter {
 public:
  FieldWriter(const fs::path& directory, Domain domain, ReviewField field)
      : offsets_(offsets_file(directory, domain, field), NpyType::kInt64, 1),
        words_(words_file(directory, domain, field), NpyType::kInt32, 1) {
    append_offset();
  }

  void add(std::span<const std::int32_t> words) {
    words_.append(words);
    size_ += static_cast<std::int64_t>(words.size());
    ++rows_;
    append_offset();
  }

  void finish() {
    offsets_.finish();
    words_.finish();
  }

  [[nodiscard]] std::int64_t size() const { return size_; }

  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  void append_offset() { offsets_.append(std::span<const std::int64_t>(&size_, 1)); }

  NpyWriter offsets_;
  NpyWriter words_;
  std::int64_t size_ = 0;
  std::int64_t rows_ = 0;
};

struct Request {
  const DocumentsConfig& config;
  const fs::path& ingest;
  const PerDomain<TrainingRows>& training;
  const DocumentCallbacks& callbacks;
};

// Numbers the words of a domain's reviews as they come; the only pass over texts.
void read_domain(const Request& request,
                 Domain domain,
                 Lexicon& lexicon,
                 const fs::path& directory) {
  make_directories(directory / name_of(domain));
  FieldWriter texts(directory, domain, ReviewField::kText);
  FieldWriter titles(directory, domain, ReviewField::kTitle);
  const TrainingRows& training = request.training[domain];
  const std::string what = fmt::format("reading {} reviews", name_of(domain));
  std::vector<std::int32_t> words;
  constexpr std::int64_t kEvery = 8192;
  const ReviewMask visible{training.users, training.items};
  read_reviews(request.ingest, domain, visible, [&](const ReviewText& review) {
    lexicon.begin_review();
    for (FieldWriter* field : {&titles, &texts}) {
      words.clear();
      lexicon.read(field == &titles ? review.title : review.text, words);
      field->add(words);
    }
    if (texts.rows() % kEvery == 0) {
      report(request.callbacks.on_progress,
             Progress{
                 .what = what, .done = texts.rows(), .total = training.ratings, .unit = "reviews"});
    }
  });
  texts.finish();
  titles.finish();
  require(texts.rows() == training.ratings,
          ErrorKind::kData,
          "{}: the {} has {} training reviews, the dataset {}; run ingest and dataset again",
          request.ingest.string(),
          name_of(domain),
          texts.rows(),
          training.ratings);
}

// Copies a field, each word under its final number; returns how many words are left.
std::int64_t renumber(const std::vector<std::int32_t>& numbers,
                      const fs::path& from,
                      const fs::path& to,
                      Domain domain,
                      ReviewField field) {
  const NpyFile offsets(offsets_file(from, domain, field));
  const NpyFile words(words_file(from, domain, field));
  const ReviewWords rows{.offsets = offsets.values<std::int64_t>(),
                         .words = words.values<std::int32_t>()};
  make_directories(to / name_of(domain));
  FieldWriter writer(to, domain, field);
  std::vector<std::int32_t> kept;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    kept.clear();
    for (const std::int32_t word : rows.of(row)) {
      if (const std::int32_t number = numbers[static_cast<std::size_t>(word)]; number != kDropped) {
        kept.push_back(number);
      }
    }
    writer.add(kept);
  }
  writer.finish();
  return writer.size();
}

void write_words(const Lexicon& lexicon,
                 const std::vector<std::int32_t>& ranked,
                 const fs::path& directory) {
  std::string bytes;
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int64_t> counts;
  std::vector<std::int64_t> reviews;
  for (const std::int32_t word : ranked) {
    bytes += lexicon.spelling(word);
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    counts.push_back(lexicon.occurrences(word));
    reviews.push_back(lexicon.reviews(word));
  }
  write_npy(directory / kSpellingBytesFile,
            std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  write_npy<std::int64_t>(directory / kSpellingOffsetsFile, offsets);
  write_npy<std::int64_t>(directory / kCountsFile, counts);
  write_npy<std::int64_t>(directory / kReviewsFile, reviews);
}

// Returns how many words have a vector.
std::int64_t write_vectors(const Request& request,
                           const Lexicon& lexicon,
                           const std::vector<std::int32_t>& ranked,
                           const fs::path& directory) {
  Numbers numbers;
  for (std::size_t number = 0; number < ranked.size(); ++number) {
    numbers.emplace(lexicon.spelling(ranked[number]), static_cast<std::int32_t>(number));
  }
  const VectorTable table = read_word_vectors(
      request.config.vectors,
      ranked.size(),
      [&](std::string_view word) -> std::optional<std::int32_t> {
        const auto found = numbers.find(word);
        return found == numbers.end() ? std::nullopt : std::optional(found->second);
      },
      request.callbacks.on_progress);
  NpyWriter writer(directory / kVectorsFile, NpyType::kFloat32, table.width);
  writer.append(table.values);
  writer.finish();
  write_npy<std::uint8_t>(directory / kKnownFile, table.known);
  const auto found = std::ranges::count(table.known, std::uint8_t{1});
  report(request.callbacks.on_note,
         fmt::format("{}: has vectors of {} of {} words of the reviews",
                     request.config.vectors,
                     found,
                     ranked.size()));
  return found;
}

Json build(const Request& request, const fs::path& directory) {
  const fs::path scratch = directory / "scratch";
  Lexicon lexicon(request.config);
  for (const Domain domain : kDomains) {
    read_domain(request, domain, lexicon, scratch);
  }
  const std::vector<std::int32_t> ranked = lexicon.ranked(request.config.min_reviews);
  std::vector<std::int32_t> numbers(lexicon.size(), kDropped);
  for (std::size_t number = 0; number < ranked.size(); ++number) {
    numbers[static_cast<std::size_t>(ranked[number])] = static_cast<std::int32_t>(number);
  }
  Json details = {{"words", ranked.size()}, {"different_words", lexicon.size()}};
  for (const Domain domain : kDomains) {
    std::int64_t total = 0;
    for (const ReviewField field : kReviewFields) {
      const std::int64_t size = renumber(numbers, scratch, directory, domain, field);
      details[name_of(domain)][name_of(field)] = size;
      total += size;
    }
    require(total > 0,
            ErrorKind::kData,
            "no training review of the {} has a word of text or title that {} reviews share; "
            "models that read reviews cannot learn from it: take them out of `models`, or see "
            "whether [ingest.{}] names the columns",
            name_of(domain),
            request.config.min_reviews,
            name_of(domain));
  }
  write_words(lexicon, ranked, directory);
  if (!request.config.vectors.empty()) {
    details["vectors"] = write_vectors(request, lexicon, ranked, directory);
  }
  std::error_code code;
  fs::remove_all(scratch, code);
  require(!code, ErrorKind::kIo, "{}: {}", scratch.string(), code.message());
  return details;
}

}  // namespace

fs::path offsets_file(const fs::path& directory, Domain domain, ReviewField field) {
  return directory / name_of(domain) / fmt::format("{}_offsets.npy", name_of(field));
}

fs::path words_file(const fs::path& directory, Domain domain, ReviewField field) {
  return directory / name_of(domain) / fmt::format("{}_words.npy", name_of(field));
}

ArtifactState build_documents(const DocumentsConfig& config,
                              const fs::path& ingest_directory,
                              const Dataset& dataset,
                              const Split& split,
                              const fs::path& directory,
                              const DocumentCallbacks& callbacks) {
  check_settings(config);
  ArtifactKey key{
      .stage = "documents",
      .config = to_toml(config, "documents", false),
      .inputs = {{.name = "ingest", .hash = read_manifest(ingest_directory).content_hash},
                 {.name = "dataset", .hash = dataset.content_hash()},
                 {.name = "split", .hash = split.hash()}}};
  if (!config.vectors.empty()) {
    make_directories(directory.parent_path());
    key.inputs.push_back(hash_input(config.vectors, directory.parent_path() / "input_hashes.json"));
  }
  return ensure_artifact(directory, key, [&](const fs::path& staging) {
    const PerDomain<TrainingRows> training = find_training_rows(dataset, split);
    return build({config, ingest_directory, training, callbacks}, staging);
  });
}

}  // namespace crossfade
