// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

namespace crossfade {

/// How far a long job is. The library reports; whoever listens decides what to print.
struct Progress {
  std::string_view what;   ///< "reading reviews.jsonl", "phase denoiser, epoch 3".
  std::int64_t done = 0;   ///< In units of the job.
  std::int64_t total = 0;  ///< 0 = not known beforehand.
  std::string_view unit;   ///< "reviews", "items", "epochs".
};

/// Called now and then from the calling thread; may be empty.
using OnProgress = std::function<void(const Progress&)>;

/// A remark worth a line: "14 images cannot be read and count as missing". May be empty.
using OnNote = std::function<void(std::string_view)>;

/// Calls `callback` if there is one.
template <typename... Args>
void report(const std::function<void(Args...)>& callback, std::type_identity_t<Args>... args) {
  if (callback) {
    callback(args...);
  }
}

}  // namespace crossfade
