// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "crossfade/download/config.h"

namespace crossfade {

/// Seconds to wait after the failed attempt number `attempts`, counted from 1:
/// backoff_seconds * 2^(attempts - 1), or what the server asks for if that is more; but no more
/// than longest_wait_seconds.
[[nodiscard]] inline double wait_before_retry(const DownloadConfig& config,
                                              std::int64_t attempts,
                                              double retry_after = 0.0) {
  constexpr std::int64_t kEnough = 60;  // Doublings, to be over every limit.
  const auto doublings = static_cast<int>(std::clamp<std::int64_t>(attempts - 1, 0, kEnough));
  const double backoff = std::ldexp(config.backoff_seconds, doublings);
  return std::min(std::max(backoff, retry_after), config.longest_wait_seconds);
}

}  // namespace crossfade
