// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "crossfade/core/artifact.h"
#include "crossfade/core/progress.h"
#include "crossfade/ingest/config.h"

namespace crossfade {

/// Reads the reviews and items of two shops, filters them (METHODS 1.3) and writes the artifact
/// of the ingest stage into `directory`:
///
///     users.parquet            user INTEGER, id VARCHAR
///     <domain>/items.parquet   item INTEGER, id, title, description, categories, image VARCHAR
///     <domain>/reviews.parquet user INTEGER, item INTEGER, rating FLOAT, time_ms BIGINT,
///                              title, text VARCHAR; sorted by user and item
///     rejected.parquet         domain, file VARCHAR, line BIGINT, reason VARCHAR
///
/// with <domain> = source, target. Ids are dense from 0 in the byte order of the external ids;
/// users are shared by both domains. Absent texts are "", an absent time is 0. An image is the
/// path of a local file or an address. The bytes depend on the input and the settings only, not
/// on the number of threads. Memory aims to stay within `memory_limit` (how near it comes:
/// benchmarks/ingest/README.md); the rest, with the texts of all reviews, spills to disk beside
/// `directory`.
///
/// The manifest's details: {"users", "overlap", "source": {"items", "reviews", "rejected",
/// "funnel": [{"step", "rows", "users", "items", "dropped"}, ...]}, "target": {...}}.
/// @throws Error  kUsage for settings; kIo and kData as the files have it; kData when more than
///                `max_bad_fraction` of a file's rows are bad, when no review is left, or when no
///                user is in both domains.
ArtifactState ingest(const IngestConfig& config,
                     const std::filesystem::path& directory,
                     const OnProgress& on_progress,
                     const OnNote& on_note);

}  // namespace crossfade
