// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace crossfade {

/// Decides what is asked for next: hosts take turns, no host gets more than so many requests at a
/// time, and one that wants a pause gets it while others go on. Knows no clock: the time comes
/// with the calls, so that a test can make it up.
class HostQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit HostQueue(std::size_t per_host) : per_host_(per_host) {}

  /// A task for `host`, after those it has.
  void add(std::size_t task, const std::string& host);

  /// A task that is not to begin before `time`; then it goes before the others of its host.
  void add_later(std::size_t task, const std::string& host, Time time);

  /// No task of `host` begins before `time`.
  void pause(const std::string& host, Time time);

  /// The next task that may begin, which counts as running until `finish`.
  [[nodiscard]] std::optional<std::size_t> next(Time now);

  /// A task of `host` has ended.
  void finish(const std::string& host);

  /// Takes all waiting tasks of `host` out.
  [[nodiscard]] std::vector<std::size_t> take_all(const std::string& host);

  /// Whether no task waits. Running ones do not count.
  [[nodiscard]] bool empty() const { return waiting_ == 0; }

  /// When a task may begin that may not begin now for the sake of time alone, if there is one.
  [[nodiscard]] std::optional<Time> wake_time() const;

 private:
  struct Host {
    std::deque<std::size_t> tasks;
    std::size_t running = 0;
    Time paused_until{};
    bool in_turn = false;  ///< Stands in turns_.
  };

  struct Later {
    std::size_t task;
    Host* host;
  };

  void offer(Host& host);

  std::size_t per_host_;
  std::size_t waiting_ = 0;
  std::unordered_map<std::string, Host> hosts_;
  std::deque<Host*> turns_;           ///< Hosts with a task that may begin.
  std::multimap<Time, Later> later_;  ///< Tasks that wait for their time.
  std::multimap<Time, Host*> paused_;
};

}  // namespace crossfade
