// SPDX-License-Identifier: Apache-2.0
#include "crossfade/backbone/backbone.h"

#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/core/npy.h"
#include "crossfade/core/toml.h"
#include "crossfade/kernels/adam_factors.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

DomainFactors fit_plain(const PlainBackboneConfig& config,
                        const RatingsView& ratings,
                        std::size_t n_items,
                        const Rng& rng) {
  RatingTriples triples;
  append_triples(triples, ratings);
  FactorTables tables = fit_adam_factors(draw_factors(ratings.users(),
                                                      n_items,
                                                      static_cast<std::size_t>(config.dimension),
                                                      config.init_std,
                                                      rng),
                                         triples,
                                         config.epochs,
                                         {.learning_rate = config.learning_rate,
                                          .weight_decay = config.weight_decay,
                                          .batch_size = config.batch_size,
                                          .lazy = config.lazy},
                                         rng);
  return {.width = tables.dimension,
          .users = std::move(tables.users),
          .items = std::move(tables.items),
          .offsets = std::vector<float>(n_items, 0.0F)};
}

DomainFactors fit_biased(const BiasedBackboneConfig& config,
                         const RatingsView& ratings,
                         std::size_t n_items,
                         const Rng& rng) {
  const std::vector<std::int64_t> none(ratings.users() + 1, 0);
  const RatingsView empty{.offsets = none, .items = {}, .ratings = {}};
  JointFactors fitted = fit_joint_factors({.ratings = empty, .n_items = 0},
                                          {.ratings = ratings, .n_items = n_items},
                                          options_of(config),
                                          rng);
  DomainFactors out{.width = fitted.dimension + 1,
                    .users = std::move(fitted.users),
                    .items = std::move(fitted.target.rows),
                    .offsets = {}};
  for (std::size_t row = 0; row < out.items.size(); row += out.width) {
    out.offsets.push_back(static_cast<float>(fitted.target.mean) + out.items[row]);
    out.items[row] = 1.0F;
  }
  return out;
}

void write_domain(const DomainFactors& domain, const fs::path& directory) {
  make_directories(directory);
  const auto write = [&](const char* name, const std::vector<float>& table) {
    NpyWriter writer(directory / name, NpyType::kFloat32, domain.width);
    writer.append(table);
    writer.finish();
  };
  write("users.npy", domain.users);
  write("items.npy", domain.items);
  write_npy<float>(directory / "offsets.npy", domain.offsets);
}

DomainFactors read_domain(const fs::path& directory) {
  const auto read = [&](const char* name) { return NpyFile(directory / name); };
  const auto copy = [](const NpyFile& file) {
    const std::span<const float> values = file.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  const NpyFile users = read("users.npy");
  const NpyFile items = read("items.npy");
  const NpyFile offsets = read("offsets.npy");
  require(users.columns() == items.columns() && offsets.rows() == items.rows(),
          ErrorKind::kData,
          "{}: users, items and offsets do not fit together; remove the directory and run again",
          directory.string());
  return {.width = users.columns(),
          .users = copy(users),
          .items = copy(items),
          .offsets = copy(offsets)};
}

}  // namespace

Backbone fit_backbone(BackboneKind kind,
                      const BackboneConfig& config,
                      const BackboneRatings& ratings,
                      const Rng& rng) {
  const auto fit = [&](const RatingsView& view, std::size_t n_items, const Rng& stream) {
    switch (kind) {
      case BackboneKind::kPlain:
        return fit_plain(config.plain, view, n_items, stream);
      case BackboneKind::kBiased:
        return fit_biased(config.biased, view, n_items, stream);
      case BackboneKind::kNone:
        break;
    }
    return DomainFactors{};
  };
  const auto named = [&](const char* domain, const RatingsView& view, std::size_t n_items) {
    try {
      return fit(view, n_items, rng.fork(domain));
    } catch (const Error& error) {
      throw error.within(fmt::format("{} backbone, {}", name_of(kind), domain));
    }
  };
  return {.source = named("source", ratings.source, ratings.n_source_items),
          .target = named("target", ratings.target, ratings.n_target_items)};
}

JointFactorOptions options_of(const BiasedBackboneConfig& config) {
  return {.dimension = static_cast<std::size_t>(config.dimension),
          .l2 = config.l2,
          .bias_damping = config.bias_damping,
          .sweeps = static_cast<int>(config.sweeps)};
}

std::string_view name_of(BackboneKind kind) {
  switch (kind) {
    case BackboneKind::kPlain:
      return "plain";
    case BackboneKind::kBiased:
      return "biased";
    case BackboneKind::kNone:
      break;
  }
  return "none";
}

ArtifactState ensure_backbone(BackboneKind kind,
                              const BackboneConfig& config,
                              const BackboneRatings& ratings,
                              std::int64_t seed,
                              std::vector<ArtifactInput> inputs,
                              const fs::path& directory) {
  const std::string settings = kind == BackboneKind::kPlain ? to_toml(config.plain, "", false)
                                                            : to_toml(config.biased, "", false);
  const ArtifactKey key{
      .stage = "backbone",
      .config = fmt::format("kind = {}\nseed = {}\n{}", name_of(kind), seed, settings),
      .inputs = std::move(inputs)};
  return ensure_artifact(directory, key, [&](const fs::path& into) -> Json {
    const Backbone backbone =
        fit_backbone(kind, config, ratings, Rng(static_cast<std::uint64_t>(seed)).fork("backbone"));
    write_domain(backbone.source, into / "source");
    write_domain(backbone.target, into / "target");
    return {{"kind", name_of(kind)}, {"seed", seed}, {"width", backbone.target.width}};
  });
}

Backbone load_backbone(const fs::path& directory) {
  return {.source = read_domain(directory / "source"), .target = read_domain(directory / "target")};
}

}  // namespace crossfade
