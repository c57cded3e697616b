// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossfade/core/settings.h"

namespace crossfade {

/// How servers are asked: the settings of `crossfade download`.
struct DownloadConfig {
  std::int64_t connections = 32;
  std::int64_t per_host = 16;
  std::int64_t attempts = 4;
  double backoff_seconds = 0.5;
  double longest_wait_seconds = 60.0;
  double unreachable_seconds = 120.0;
  double connect_seconds = 10.0;
  double image_seconds = 60.0;
  std::int64_t stall_seconds = 20;
  double image_megabytes = 10.0;
  std::int64_t redirects = 5;
  bool allow_private = false;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("connections",
          self.connections,
          "Images fetched at a time. Each may take image_megabytes of memory.",
          Range{1, 1000});
    field("per_host", self.per_host, "Images fetched at a time from one host.", Range{1, 1000});
    field("attempts",
          self.attempts,
          "Attempts at one address while the failure is of the kind that passes: no connection, a "
          "timeout, status 408, 425, 429 or from 500.",
          Range{1, 100});
    field("backoff_seconds",
          self.backoff_seconds,
          "Wait before the second attempt; it doubles with every further one.",
          Range{0.0, 3600.0});
    field("longest_wait_seconds",
          self.longest_wait_seconds,
          "Longest wait before an attempt, even where a server asks for more (Retry-After).",
          Range{0.0, 86'400.0});
    field("unreachable_seconds",
          self.unreachable_seconds,
          "After so long without any answer from a host, its other images are postponed.",
          Range{0.0, 86'400.0});
    field("connect_seconds",
          self.connect_seconds,
          "Time for a connection, names and TLS included.",
          Range{0.001, 3600.0});
    field("image_seconds", self.image_seconds, "Time for one image.", Range{0.001, 86'400.0});
    field("stall_seconds",
          self.stall_seconds,
          "A transfer below 100 bytes a second for so long has failed.",
          Range{1, 3600});
    field("image_megabytes", self.image_megabytes, "Largest image, in MB.", Range{0.001, 1000.0});
    field(
        "redirects", self.redirects, "How often an address may lead on to another.", Range{0, 50});
    field("allow_private",
          self.allow_private,
          "Open connections to private, local and reserved addresses too.");
  }
};

}  // namespace crossfade
