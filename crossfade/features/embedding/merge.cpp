// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/merge.h"

#include <algorithm>
#include <mutex>

#include "crossfade/core/error.h"
#include "crossfade/core/hash.h"
#include "crossfade/features/image_table.h"
#include "crossfade/features/tables.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

ArtifactKey key_of(const EmbeddingJob& job, const EmbeddingSources& sources) {
  ArtifactKey key{
      .stage = "embeddings",
      .config = job.settings,
      .inputs = {{.name = "ingest", .hash = read_manifest(sources.ingest).content_hash}}};
  const auto images = images_of(job, sources.config, sources.ingest, nullptr);
  if (!images.empty()) {
    key.inputs.push_back({.name = "images", .hash = hash_of_image_files(images)});
  }
  return key;
}

// The parts that are missing or were made of other texts.
std::vector<std::size_t> unfinished_parts(const EmbeddingJob& job,
                                          const EmbeddingSources& sources) {
  const PartStore store(job.directory);
  std::vector<std::size_t> unfinished;
  for_each_part(job,
                sources.config,
                sources.ingest,
                images_of(job, sources.config, sources.ingest, nullptr),
                {},
                [&](const PartTexts& texts) {
                  const std::optional<PartState> state = store.find(texts.part);
                  if (!state || state->hash != texts.hash()) {
                    unfinished.push_back(texts.part);
                  }
                });
  return unfinished;
}

std::vector<std::string> ids_of(const EmbeddingJob& job, const EmbeddingSources& sources) {
  if (job.entity == Entity::kItem) {
    return read_item_column(sources.ingest, job.domain, "id");
  }
  std::vector<std::string> ids;
  for (std::size_t user = 0; user < sources.dataset.users(); ++user) {
    ids.emplace_back(sources.dataset.user_name(static_cast<UserId>(user)));
  }
  return ids;
}

// How many entities should have a vector: all items, and the users whose reviews may be read.
std::size_t count_expected(const EmbeddingJob& job, const Dataset& dataset) {
  if (job.entity == Entity::kItem) {
    return job.entities;
  }
  const RatingsView ratings = dataset.ratings(job.domain);
  std::size_t users = 0;
  for (std::size_t user = 0; user < job.entities; ++user) {
    users += job.visible.users[user] != 0 && ratings.count(static_cast<UserId>(user)) > 0 ? 1 : 0;
  }
  return users;
}

// One line of a text file; an id or a message must not break it.
std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

// Writes the merged files, part by part.
class Merger {
 public:
  Merger(const EmbeddingJob& job, const EmbeddingSources& sources, fs::path directory)
      : ids_(ids_of(job, sources)),
        directory_(std::move(directory)),
        type_(element_type(sources.config)) {}

  void add(const PartStore& store, std::size_t part) {
    const NpyFile values = store.values(part);
    if (!writer_) {
      writer_.emplace(directory_ / "values.npy", type_, values.columns());
    }
    std::vector<float> row(values.columns());
    for (std::size_t i = 0; i < values.rows(); ++i) {
      values.read_row(i, row);
      writer_->append(row);
    }
    for (const std::int32_t entity : store.entities(part)) {
      entities_.push_back(entity);
      id_lines_ += one_line(ids_[static_cast<std::size_t>(entity)]) + "\n";
    }
    count(*store.find(part));
  }

  Json finish(std::size_t expected) {
    if (writer_) {
      writer_->finish();
    }
    write_npy<std::int32_t>(directory_ / "entities.npy", entities_);
    write_file(directory_ / "ids.txt", id_lines_);
    write_file(directory_ / "problems.tsv", "id\tproblem\n" + problem_lines_);
    return {{"expected", expected},
            {"rows", entities_.size()},
            {"problems", problems_},
            {"first_problem", first_problem_},
            {"texts", counts_.texts},
            {"texts_cut", counts_.texts_cut},
            {"tokens", counts_.tokens},
            {"tokens_cut", counts_.tokens_cut},
            {"images", counts_.images}};
  }

 private:
  void count(const PartState& state) {
    counts_.texts += state.counts.texts;
    counts_.texts_cut += state.counts.texts_cut;
    counts_.tokens += state.counts.tokens;
    counts_.tokens_cut += state.counts.tokens_cut;
    counts_.images += state.counts.images;
    for (const EmbeddingProblem& problem : state.problems) {
      const std::string line = one_line(ids_[problem.entity]) + "\t" + one_line(problem.what);
      first_problem_ = problems_++ == 0 ? one_line(problem.what) : first_problem_;
      problem_lines_ += line + "\n";
    }
  }

  std::vector<std::string> ids_;
  fs::path directory_;
  NpyType type_;
  std::optional<NpyWriter> writer_;
  std::vector<std::int32_t> entities_;
  std::string id_lines_;
  std::string problem_lines_;
  std::int64_t problems_ = 0;
  std::string first_problem_;
  EmbedderCounts counts_;
};

void note(const EmbeddingJob& job, const Json& details, const OnNote& on_note) {
  const auto number = [&](const char* name) { return details[name].get<std::int64_t>(); };
  const std::int64_t missing = number("expected") - number("rows");
  if (missing > 0) {
    report(on_note,
           fmt::format("{}: {} of {} have no vector and count as missing",
                       job.name(),
                       missing,
                       number("expected")));
  }
  if (number("texts_cut") > 0) {
    report(on_note,
           fmt::format("{}: {} of {} texts are longer than max_tokens; {} tokens were left out",
                       job.name(),
                       number("texts_cut"),
                       number("texts"),
                       number("tokens_cut")));
  }
  if (number("problems") > 0) {
    report(on_note,
           fmt::format("{}: {} texts or images cannot be used, see {}; first: {}",
                       job.name(),
                       number("problems"),
                       (job.merged() / "problems.tsv").string(),
                       details["first_problem"].get<std::string>()));
  }
}

}  // namespace

bool is_merged(const EmbeddingJob& job, const EmbeddingSources& sources) {
  const std::optional<Manifest> manifest = find_manifest(job.merged());
  return manifest && manifest->fingerprint == key_of(job, sources).fingerprint();
}

ArtifactState merge_parts(const EmbeddingJob& job, const EmbeddingSources& sources) {
  return ensure_artifact(job.merged(), key_of(job, sources), [&](const fs::path& staging) {
    const std::vector<std::size_t> unfinished = unfinished_parts(job, sources);
    const std::size_t parts = count_parts(job, sources.config);
    require(unfinished.empty(),
            ErrorKind::kData,
            "{}: {} of {} parts are not there yet, part {} the first; run `crossfade embed` until "
            "all shards are done",
            job.directory.string(),
            unfinished.size(),
            parts,
            unfinished.empty() ? 0 : unfinished.front());
    const PartStore store(job.directory);
    Merger merger(job, sources, staging);
    for (std::size_t part = 0; part < parts; ++part) {
      merger.add(store, part);
    }
    Json details = merger.finish(count_expected(job, sources.dataset));
    note(job, details, sources.callbacks.on_note);
    return details;
  });
}

void ensure_embeddings(const std::vector<EmbeddingJob>& jobs,
                       const EmbeddingSources& sources,
                       const MakeEmbedder& make_embedder) {
  static std::mutex one_at_a_time;  // Seeds that are prepared together share the models' memory.
  const std::scoped_lock lock(one_at_a_time);
  EmbeddingMaker maker(sources.config, sources.ingest, sources.callbacks, make_embedder);
  for (const EmbeddingJob& job : jobs) {
    if (!is_merged(job, sources)) {
      maker.make_parts(job, {});
      merge_parts(job, sources);
    }
  }
}

Embeddings open_embeddings(const fs::path& merged) {
  const NpyFile entities(merged / "entities.npy");
  const auto numbers = entities.values<std::int32_t>();
  Embeddings out{.values = NpyFile(merged / "values.npy"),
                 .entities = std::vector<std::int32_t>(numbers.begin(), numbers.end())};
  require(out.values.rows() == out.entities.size(),
          ErrorKind::kData,
          "{}: has {} vectors and {} entities; remove the directory and run again",
          merged.string(),
          out.values.rows(),
          out.entities.size());
  return out;
}

}  // namespace crossfade
