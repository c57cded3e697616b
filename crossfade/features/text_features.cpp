// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text_features.h"

#include <algorithm>
#include <array>
#include <functional>

#include "crossfade/features/reduction/sampler.h"
#include "crossfade/features/tables.h"
#include "crossfade/features/text/text_encoder.h"

namespace crossfade {
namespace {

// A text about one item or by one user.
struct Document {
  std::size_t entity = 0;
  std::array<std::string_view, 3> fields;
};

using OnDocument = std::function<void(const Document&)>;

// Where an encoder's documents come from.
struct Documents {
  std::string name;                     // Of the block.
  std::string_view unit;                // For progress.
  PerDomain<std::size_t> entities;      // Rows of the result.
  PerDomain<const RowMask*> training;   // Entities whose documents may be fitted on.
  std::int64_t training_documents = 0;  // How many documents those have.
  std::function<void(Domain, const OnDocument&)> read;
};

// Counts documents and reports every few thousand.
class Meter {
 public:
  Meter(const OnProgress& on_progress, std::string what, std::string_view unit)
      : on_progress_(on_progress), what_(std::move(what)), unit_(unit) {}

  void tick() {
    constexpr std::int64_t kEvery = 8192;
    if (++done_ % kEvery == 0) {
      report(on_progress_, Progress{.what = what_, .done = done_, .total = 0, .unit = unit_});
    }
  }

 private:
  const OnProgress& on_progress_;
  std::string what_;
  std::string_view unit_;
  std::int64_t done_ = 0;
};

std::span<const Term> collect(TermCollector& collector, const Document& document) {
  collector.clear();
  for (const std::string_view field : document.fields) {
    collector.add(field);
  }
  return collector.terms();
}

TextEncoder fit(const Documents& documents, const Workspace& workspace, TermCollector& collector) {
  const FeaturesConfig& config = workspace.config;
  const Rng rng = workspace.rng.fork(documents.name);
  RowSampler sampler(config.svd.rows, documents.training_documents, rng.fork("sample"));
  Meter meter(workspace.callbacks.on_progress,
              fmt::format("fitting {} features", documents.name),
              documents.unit);
  TermSample sample;
  for (const Domain domain : kDomains) {
    documents.read(domain, [&](const Document& document) {
      meter.tick();
      if ((*documents.training[domain])[document.entity] != 0 && sampler.take()) {
        sample.add(collect(collector, document));
      }
    });
  }
  return {sample, config.text, config.svd, rng};
}

// Averages the documents of each entity.
class MeanWriter {
 public:
  MeanWriter(const std::filesystem::path& file, std::size_t width)
      : writer_(file, width), sum_(width) {}

  void add(std::size_t entity, std::span<const Term> terms, TextEncoder& encoder) {
    if (entity != entity_) {
      flush();
      entity_ = entity;
    }
    known_ += encoder.add(terms, sum_) ? 1 : 0;
  }

  RawFeatures finish(std::size_t entities) {
    flush();
    return writer_.finish(entities);
  }

 private:
  void flush() {
    if (known_ > 0) {
      for (float& value : sum_) {
        value /= static_cast<float>(known_);
      }
      writer_.put(entity_, sum_);
    }
    std::ranges::fill(sum_, 0.0F);
    known_ = 0;
  }

  RawWriter writer_;
  std::vector<float> sum_;
  std::size_t entity_ = 0;
  std::size_t known_ = 0;
};

RawFeatures encode_domain(const Documents& documents,
                          const Workspace& workspace,
                          Domain domain,
                          TermCollector& collector,
                          TextEncoder& encoder) {
  MeanWriter writer(workspace.scratch / fmt::format("{}_{}.npy", documents.name, name_of(domain)),
                    encoder.width());
  Meter meter(workspace.callbacks.on_progress,
              fmt::format("encoding {} {}", name_of(domain), documents.unit),
              documents.unit);
  documents.read(domain, [&](const Document& document) {
    meter.tick();
    writer.add(document.entity, collect(collector, document), encoder);
  });
  return writer.finish(documents.entities[domain]);
}

FeatureBlock encode(const Documents& documents, const Workspace& workspace) {
  TermCollector collector(workspace.config.text);
  TextEncoder encoder = fit(documents, workspace, collector);
  if (encoder.vocabulary() == 0) {
    report(workspace.callbacks.on_note,
           fmt::format("the training {} hold no term often enough; all {} features are zero",
                       documents.unit,
                       documents.name));
  }
  return {
      .name = documents.name,
      .raw = {.source = encode_domain(documents, workspace, Domain::kSource, collector, encoder),
              .target = encode_domain(documents, workspace, Domain::kTarget, collector, encoder)}};
}

}  // namespace

FeatureBlock encode_item_texts(const Workspace& workspace) {
  const PerDomain<TrainingRows>& training = workspace.training;
  return encode({.name = "text",
                 .unit = "items",
                 .entities = {training.source.items.size(), training.target.items.size()},
                 .training = {&training.source.items, &training.target.items},
                 .training_documents = std::ranges::count(training.source.items, std::uint8_t{1}) +
                                       std::ranges::count(training.target.items, std::uint8_t{1}),
                 .read =
                     [&](Domain domain, const OnDocument& on_item) {
                       read_item_texts(
                           workspace.ingest,
                           domain,
                           training[domain].items.size(),
                           [&](const ItemText& item) {
                             on_item({item.item, {item.title, item.description, item.categories}});
                           });
                     }},
                workspace);
}

FeatureBlock encode_user_reviews(const Workspace& workspace) {
  const PerDomain<TrainingRows>& training = workspace.training;
  return encode({.name = "reviews",
                 .unit = "reviews",
                 .entities = {training.source.users.size(), training.target.users.size()},
                 .training = {&training.source.users, &training.target.users},
                 .training_documents = training.source.ratings + training.target.ratings,
                 .read =
                     [&](Domain domain, const OnDocument& on_review) {
                       read_reviews(workspace.ingest,
                                    domain,
                                    {training[domain].users, training[domain].items},
                                    [&](const ReviewText& review) {
                                      on_review({review.user, {review.title, review.text, {}}});
                                    });
                     }},
                workspace);
}

}  // namespace crossfade
