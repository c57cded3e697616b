// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"
#include "crossfade/features/embedding/llm_features.h"
#include "crossfade/features/embedding/merge.h"

#include "tests/features/fixture.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::failure_of;
using testing::Fixture;
using testing::World;

// The vector of a text is its length, its first letter and 1. A text that holds "broken" has none.
class LetterEmbedder : public Embedder {
 public:
  // Fails like a machine that is switched off once `calls` calls have been made.
  explicit LetterEmbedder(int calls) : calls_left_(calls) {}

  [[nodiscard]] std::size_t width() const override { return 3; }
  [[nodiscard]] EmbedderCounts counts() const override { return counts_; }

  std::vector<std::optional<std::string>> encode(std::span<const EmbeddingText> texts,
                                                 std::span<float> out) override {
    if (calls_left_-- == 0) {
      throw std::runtime_error("switched off");
    }
    std::vector<std::optional<std::string>> problems(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string& text = texts[i].before;
      counts_.texts += 1;
      if (text.find("broken") != std::string::npos) {
        problems[i] = "is broken\nindeed";
        continue;
      }
      out[i * 3] = static_cast<float>(text.size());
      out[i * 3 + 1] = static_cast<float>(text.front());
      out[i * 3 + 2] = 1.0F;
    }
    return problems;
  }

 private:
  int calls_left_;
  EmbedderCounts counts_;
};

constexpr int kForever = 1'000'000;

FeaturesConfig letters_config() {
  FeaturesConfig config;
  config.items = {"llm"};
  config.users = {"llm"};
  config.llm.items.prompt = "{title}";
  config.llm.users.prompt = "{reviews}";
  config.llm.part_texts = 8;
  return config;
}

// A world, and a file that stands for a model.
struct Shops : Fixture {
  explicit Shops(const World& world = testing::two_topic_world()) : Fixture(world) {
    const fs::path model = directory.path() / "model.gguf";
    write_file(model, "weights");
    config.llm.items.model = config.llm.users.model = model.string();
  }

  [[nodiscard]] std::vector<EmbeddingJob> jobs() const { return jobs_of(split); }

  [[nodiscard]] std::vector<EmbeddingJob> jobs_of(const Split& drawn) const {
    return plan_embeddings(config, ingest, dataset, find_training_rows(dataset, drawn));
  }

  [[nodiscard]] EmbeddingSources sources() const { return {config, ingest, dataset, callbacks}; }

  EmbeddingOutcome make(const EmbeddingJob& job, Shard shard, int calls = kForever) {
    EmbeddingMaker maker(
        config, ingest, callbacks, [&](Entity) { return std::make_unique<LetterEmbedder>(calls); });
    return maker.make_parts(job, shard);
  }

  FeaturesConfig config = letters_config();
  FeatureCallbacks callbacks{.on_progress = nullptr, .on_note = [this](std::string_view note) {
                               notes.emplace_back(note);
                             }};
};

// Every file of a job, by name.
std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = fs::relative(entry.path(), directory).string();
    if (entry.is_regular_file() && entry.path().filename() != "manifest.json") {
      files[name] = read_file(entry.path());
    }
  }
  return files;
}

TEST(Embedding, OfAllEntitiesIsWhatTheModelMakesOfTheirTexts) {
  Shops shops;
  const EmbeddingJob job = shops.jobs()[1];
  ASSERT_EQ(job.name(), "target items");
  const EmbeddingOutcome outcome = shops.make(job, {});
  EXPECT_EQ(outcome.parts, 5U);  // 40 items by 8
  EXPECT_EQ(outcome.made, 5U);
  merge_parts(job, shops.sources());
  const Embeddings embeddings = open_embeddings(job.merged());
  ASSERT_EQ(embeddings.entities.size(), 40U);
  std::vector<float> row(3);
  embeddings.values.read_row(7, row);
  const std::string title = testing::two_topic_world().items.target[7].title;
  EXPECT_EQ(row, (std::vector<float>{static_cast<float>(title.size()), float{'c'}, 1.0F}));
  EXPECT_EQ(read_file(job.merged() / "ids.txt").substr(0, 6), "t0\nt1\n");
}

TEST(Embedding, GoesOnAfterAnInterruptionToTheSameBytes) {
  Shops whole;
  Shops interrupted;
  const EmbeddingJob job = whole.jobs()[3];
  const EmbeddingJob same = interrupted.jobs()[3];
  whole.make(job, {});
  EXPECT_THROW(interrupted.make(same, {}, 3), std::runtime_error);
  const EmbeddingOutcome rest = interrupted.make(same, {});
  EXPECT_EQ(rest.parts, 8U);  // 60 users by 8
  EXPECT_EQ(rest.made, 5U);
  merge_parts(job, whole.sources());
  merge_parts(same, interrupted.sources());
  EXPECT_EQ(files_of(job.directory), files_of(same.directory));
}

TEST(Embedding, InShardsIsTheSame) {
  Shops whole;
  Shops sharded;
  const EmbeddingJob job = whole.jobs()[2];
  const EmbeddingJob same = sharded.jobs()[2];
  whole.make(job, {});
  std::size_t parts = 0;
  for (const std::size_t index : {2, 0, 1}) {
    parts += sharded.make(same, {.index = index, .count = 3}).parts;
  }
  EXPECT_EQ(parts, 8U);
  EXPECT_EQ(files_of(job.directory), files_of(same.directory));
}

TEST(Embedding, IsNotMergedBeforeAllPartsAreThere) {
  Shops shops;
  const EmbeddingJob job = shops.jobs()[0];
  shops.make(job, {.index = 0, .count = 2});
  const std::string failure = failure_of([&] { merge_parts(job, shops.sources()); });
  EXPECT_EQ(failure,
            "kData: " + job.directory.string() +
                ": 2 of 5 parts are not there yet, part 1 the first; run `crossfade embed` until "
                "all shards are done");
  EXPECT_FALSE(is_merged(job, shops.sources()));
}

TEST(Embedding, MakesOnlyThePartsAnewWhoseTextsChanged) {
  World world = testing::two_topic_world();
  Shops shops(world);
  const EmbeddingJob job = shops.jobs()[1];
  shops.make(job, {});
  merge_parts(job, shops.sources());
  world.items.target[17].title = "harbour";
  fs::remove_all(shops.ingest);
  write_world(world, shops.ingest);
  const EmbeddingJob same = shops.jobs()[1];
  EXPECT_EQ(same.directory, job.directory);
  EXPECT_FALSE(is_merged(same, shops.sources()));
  EXPECT_TRUE(failure_of([&] { merge_parts(same, shops.sources()); })
                  .ends_with("1 of 5 parts are not there yet, part 2 the first; run `crossfade "
                             "embed` until all shards are done"));
  EXPECT_EQ(shops.make(same, {}).made, 1U);
}

TEST(Embedding, WritesDownWhatFailsAndGoesOn) {
  World world = testing::two_topic_world();
  world.items.source[3].title = "broken thing";
  world.items.source[4].title = "";
  Shops shops(world);
  const EmbeddingJob job = shops.jobs()[0];
  shops.make(job, {});
  const ArtifactState state = merge_parts(job, shops.sources());
  EXPECT_EQ(state.manifest.details["rows"], 38);
  EXPECT_EQ(read_file(job.merged() / "problems.tsv"), "id\tproblem\ns3\tis broken indeed\n");
  EXPECT_EQ(open_embeddings(job.merged()).entities[3], 5);
  ASSERT_EQ(shops.notes.size(), 3U);  // speed, missing, problems
  EXPECT_EQ(shops.notes[1], "source items: 2 of 40 have no vector and count as missing");
}

TEST(Embedding, StandsInADirectoryOfItsSettings) {
  Shops shops;
  const fs::path first = shops.jobs()[0].directory;
  shops.config.llm.threads = 3;
  shops.config.llm.items.dimension = 2;
  EXPECT_EQ(shops.jobs()[0].directory, first);
  shops.config.llm.items.prompt = "It is {title}";
  EXPECT_NE(shops.jobs()[0].directory, first);
  shops.config.llm.items.prompt = "{title}";
  write_file(shops.config.llm.items.model, "other weights");
  EXPECT_NE(shops.jobs()[0].directory, first);
}

TEST(Embedding, OfUsersIsSharedBySplitsThatHideNothing) {
  Shops shops;
  const Split other = draw_split(shops.dataset, {.beta = 0.4, .validation = 0.2}, 8);
  EXPECT_EQ(shops.jobs()[3].directory, shops.jobs_of(other)[3].directory);
}

TEST(Embedding, ReadsNoReviewOfAHiddenItem) {
  World world = testing::two_topic_world();
  for (auto& review : world.reviews.target) {
    review.text = "about" + std::to_string(review.item);
  }
  Shops shops(world);
  const Split split =
      draw_split(shops.dataset, {.beta = 0.4, .validation = 0.2, .hide_items = 0.3}, 7);
  ASSERT_FALSE(split.hidden_items.empty());
  const EmbeddingJob job = shops.jobs_of(split)[3];
  EXPECT_NE(job.directory, shops.jobs()[3].directory);
  std::string all;
  for_each_part(job, shops.config, shops.ingest, {}, {}, [&](const PartTexts& part) {
    for (const EmbeddingText& text : part.texts) {
      all += text.before + "\n";
    }
  });
  all = "\n" + all;
  ASSERT_FALSE(all.empty());
  for (std::size_t item = 0; item < split.hidden_items.size(); ++item) {
    const bool read = all.find("\nabout" + std::to_string(item) + "\n") != std::string::npos;
    EXPECT_FALSE(read && split.hidden_items[item] != 0) << item;
  }
}

// The features of a build whose embeddings were made by LetterEmbedder.
FeatureBlock block_of(Shops& shops, Entity entity) {
  const auto jobs = shops.jobs();
  ensure_embeddings(
      jobs, shops.sources(), [](Entity) { return std::make_unique<LetterEmbedder>(kForever); });
  const fs::path scratch = shops.directory.path() / "scratch";
  make_directories(scratch);
  const Workspace workspace{.config = shops.config,
                            .ingest = shops.ingest,
                            .scratch = scratch,
                            .dataset = shops.dataset,
                            .training = find_training_rows(shops.dataset, shops.split),
                            .rng = Rng(1),
                            .callbacks = shops.callbacks};
  return encode_with_llm(workspace, entity, jobs);
}

TEST(LlmFeatures, LeaveOutTheTargetVectorsOfHeldOutUsers) {
  Shops shops;
  const FeatureBlock block = block_of(shops, Entity::kUser);
  std::vector<float> row(3);
  for (std::size_t user = 0; user < shops.dataset.users(); ++user) {
    const bool held_out = is_held_out(shops.split.roles[user]);
    EXPECT_EQ(block.raw.source.present[user], 1);
    EXPECT_EQ(block.raw.target.present[user], held_out ? 0 : 1);
    block.raw.target.values.read_row(user, row);
    EXPECT_EQ(row[2], held_out ? 0.0F : 1.0F);
  }
}

TEST(LlmFeatures, KeepAsManyComponentsAsAskedFor) {
  Shops shops;
  shops.config.llm.items.dimension = 2;
  const FeatureBlock block = block_of(shops, Entity::kItem);
  EXPECT_EQ(block.raw.source.values.columns(), 2U);
  EXPECT_EQ(block.raw.target.values.columns(), 2U);
}

TEST(LlmFeatures, NeedAModel) {
  Fixture fixture(testing::two_topic_world());
  FeaturesConfig config;
  config.items = {"llm"};
  EXPECT_EQ(failure_of([&] { fixture.build(config); }),
            "kUsage: features.llm.items.model is not set; the encoder llm needs a language model, "
            "a GGUF file");
  config.llm.items.model = "model.gguf";
  config.llm.items.vision = "mmproj.gguf";
  config.llm.items.prompt = "{title}";
  EXPECT_EQ(failure_of([&] { fixture.build(config); }),
            "kUsage: features.llm.items.vision = \"mmproj.gguf\" would see nothing: {image} does "
            "not stand in features.llm.items.prompt");
}

}  // namespace
}  // namespace crossfade
