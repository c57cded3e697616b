// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/block.h"

#include <algorithm>
#include <utility>

#include "crossfade/features/reduction/moments.h"

namespace crossfade {
namespace {

std::size_t width_of(const FeatureBlock& block) {
  return block.raw.source.values.columns();
}

Moments fit_moments(const FeatureBlock& block, const PerDomain<const RowMask*>& training) {
  Moments moments(width_of(block));
  std::vector<float> row(width_of(block));
  for (const Domain domain : kDomains) {
    const RawFeatures& raw = block.raw[domain];
    for (std::size_t entity = 0; entity < raw.present.size(); ++entity) {
      if (raw.present[entity] != 0 && (*training[domain])[entity] != 0) {
        raw.values.read_row(entity, row);
        moments.add(row);
      }
    }
  }
  return moments;
}

void write_domain(const std::vector<FeatureBlock>& blocks,
                  const std::vector<Moments>& moments,
                  Domain domain,
                  NpyWriter& writer) {
  std::vector<float> row;
  for (std::size_t entity = 0; entity < blocks.front().raw[domain].present.size(); ++entity) {
    row.clear();
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const RawFeatures& raw = blocks[b].raw[domain];
      const std::size_t first = row.size();
      row.resize(first + width_of(blocks[b]) + 1);
      if (raw.present[entity] != 0) {
        const std::span<float> values = std::span(row).subspan(first, width_of(blocks[b]));
        raw.values.read_row(entity, values);
        moments[b].standardise(values);
        row.back() = 1.0F;
      }
    }
    writer.append(row);
  }
}

}  // namespace

RawWriter::RawWriter(std::filesystem::path file, std::size_t width)
    : file_(std::move(file)), writer_(file_, NpyType::kFloat32, width), zeros_(width) {}

void RawWriter::put(std::size_t entity, std::span<const float> row) {
  while (present_.size() < entity) {
    writer_.append(zeros_);
    present_.push_back(0);
  }
  writer_.append(row);
  present_.push_back(1);
}

RawFeatures RawWriter::finish(std::size_t entities) {
  while (present_.size() < entities) {
    writer_.append(zeros_);
    present_.push_back(0);
  }
  writer_.finish();
  return {.values = NpyFile(file_), .present = std::move(present_)};
}

void write_features(const std::vector<FeatureBlock>& blocks,
                    const PerDomain<const RowMask*>& training,
                    NpyType type,
                    const PerDomain<std::filesystem::path>& files) {
  std::vector<Moments> moments;
  std::size_t width = 0;
  for (const FeatureBlock& block : blocks) {
    moments.push_back(fit_moments(block, training));
    width += width_of(block) + 1;
  }
  for (const Domain domain : kDomains) {
    NpyWriter writer(files[domain], type, width);
    write_domain(blocks, moments, domain, writer);
    writer.finish();
  }
}

Json describe(const std::vector<FeatureBlock>& blocks) {
  Json out = Json::array();
  std::size_t first = 0;
  for (const FeatureBlock& block : blocks) {
    Json entry = {{"name", block.name}, {"first", first}, {"width", width_of(block)}};
    for (const Domain domain : kDomains) {
      const RowMask& present = block.raw[domain].present;
      const auto known = std::ranges::count(present, std::uint8_t{1});
      entry[std::string(name_of(domain))] = {{"present", known},
                                             {"missing", std::ssize(present) - known}};
    }
    out.push_back(entry);
    first += width_of(block) + 1;
  }
  return out;
}

}  // namespace crossfade
