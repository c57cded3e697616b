// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/text_encoder.h"

namespace crossfade {
namespace {

SparseRows weigh_all(const Vocabulary& vocabulary, const TermSample& sample) {
  SparseRows rows;
  rows.columns = vocabulary.size();
  WeightedTerms document;
  for (std::size_t i = 0; i < sample.documents(); ++i) {
    vocabulary.weigh(sample.document(i), document);
    rows.indices.insert(rows.indices.end(), document.columns.begin(), document.columns.end());
    rows.values.insert(rows.values.end(), document.weights.begin(), document.weights.end());
    rows.offsets.push_back(rows.indices.size());
  }
  return rows;
}

}  // namespace

TextEncoder::TextEncoder(const TermSample& sample,
                         const TextConfig& config,
                         const SvdConfig& svd,
                         const Rng& rng)
    : vocabulary_(sample, config),
      projection_(truncated_svd(weigh_all(vocabulary_, sample),
                                static_cast<std::size_t>(config.dimension),
                                svd,
                                rng.fork("svd"))) {}

bool TextEncoder::add(std::span<const Term> document, std::span<float> out) {
  vocabulary_.weigh(document, weighted_);
  for (std::size_t i = 0; i < weighted_.columns.size(); ++i) {
    projection_.add(static_cast<std::size_t>(weighted_.columns[i]), weighted_.weights[i], out);
  }
  return !weighted_.columns.empty();
}

}  // namespace crossfade
