// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace crossfade {

/// Makes the results of 0, 1, ..., count - 1 on a thread of its own, at most `ahead` of them before
/// they are taken. Its end stops that thread after the result it is at.
template <typename Result>
class ReadAhead {
 public:
  ReadAhead(std::size_t count, std::size_t ahead, std::function<Result(std::size_t)> make)
      : ahead_(ahead), thread_([this, count, make = std::move(make)](const std::stop_token& stop) {
          for (std::size_t i = 0; i < count && wait_for_room(stop); ++i) {
            std::packaged_task<Result(std::size_t)> task(make);
            std::future<Result> result = task.get_future();
            task(i);
            put(std::move(result));
          }
        }) {}

  /// The next result; throws what making it threw. Not to be called more than `count` times.
  Result take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !results_.empty(); });
    std::future<Result> result = std::move(results_.front());
    results_.pop_front();
    changed_.notify_all();
    return result.get();
  }

 private:
  // False when nobody will take any more.
  bool wait_for_room(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return results_.size() < ahead_; });
    return !stop.stop_requested();
  }

  void put(std::future<Result> result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
    changed_.notify_all();
  }

  const std::size_t ahead_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::future<Result>> results_;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace crossfade
