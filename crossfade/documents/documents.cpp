// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/documents.h"

#include <algorithm>

#include "crossfade/core/error.h"
#include "crossfade/documents/layout.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

void require_whole(bool condition, const fs::path& directory, std::string_view what) {
  require(condition,
          ErrorKind::kData,
          "{}: {} do not fit together; remove the directory and run again",
          directory.string(),
          what);
}

// Maps a file and keeps it with the set.
template <typename T>
std::span<const T> open(DocumentSet& set, const fs::path& file) {
  set.files.emplace_back(file);
  return set.files.back().values<T>();
}

ReviewWords open_field(DocumentSet& set,
                       const fs::path& directory,
                       Domain domain,
                       ReviewField field) {
  const ReviewWords out{.offsets = open<std::int64_t>(set, offsets_file(directory, domain, field)),
                        .words = open<std::int32_t>(set, words_file(directory, domain, field))};
  require_whole(!out.offsets.empty() && out.offsets.front() == 0 &&
                    out.offsets.back() == static_cast<std::int64_t>(out.words.size()),
                directory,
                "words and their offsets");
  return out;
}

}  // namespace

std::string_view DocumentSet::word(std::size_t number) const noexcept {
  const auto first = static_cast<std::size_t>(spelling_offsets[number]);
  const auto last = static_cast<std::size_t>(spelling_offsets[number + 1]);
  return {reinterpret_cast<const char*>(spelling_bytes.data()) + first, last - first};
}

std::optional<std::int32_t> DocumentSet::find(std::string_view wanted) const noexcept {
  for (std::size_t number = 0; number < words(); ++number) {
    if (word(number) == wanted) {
      return static_cast<std::int32_t>(number);
    }
  }
  return std::nullopt;
}

DocumentSet open_documents(const fs::path& directory) {
  const Manifest manifest = read_manifest(directory);
  require(manifest.stage == "documents",
          ErrorKind::kData,
          "{}: is an artifact of stage {}, not documents",
          directory.string(),
          manifest.stage);
  DocumentSet set;
  set.spelling_bytes = open<std::uint8_t>(set, directory / kSpellingBytesFile);
  set.spelling_offsets = open<std::int64_t>(set, directory / kSpellingOffsetsFile);
  set.counts = open<std::int64_t>(set, directory / kCountsFile);
  set.reviews = open<std::int64_t>(set, directory / kReviewsFile);
  require_whole(set.spelling_offsets.size() == set.words() + 1 && set.reviews.size() == set.words(),
                directory,
                "the words and their counts");
  require_whole(
      set.spelling_offsets.front() == 0 &&
          set.spelling_offsets.back() == static_cast<std::int64_t>(set.spelling_bytes.size()) &&
          std::ranges::is_sorted(set.spelling_offsets),
      directory,
      "the words and their spellings");
  for (const Domain domain : kDomains) {
    for (const ReviewField field : kReviewFields) {
      set.fields[domain][static_cast<std::size_t>(field)] =
          open_field(set, directory, domain, field);
    }
  }
  if (fs::exists(directory / kVectorsFile)) {
    set.files.emplace_back(directory / kVectorsFile);
    const NpyFile& vectors = set.files.back();
    const std::size_t width = vectors.columns();
    const std::span<const float> values = vectors.values<float>();
    set.vectors = WordVectors{
        .width = width, .values = values, .known = open<std::uint8_t>(set, directory / kKnownFile)};
    require_whole(values.size() == set.words() * width && set.vectors->known.size() == set.words(),
                  directory,
                  "the words and their vectors");
  }
  return set;
}

}  // namespace crossfade
