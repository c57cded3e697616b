// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/host_queue.h"

#include <algorithm>

namespace crossfade {

void HostQueue::offer(Host& host) {
  if (!host.in_turn && !host.tasks.empty() && host.running < per_host_) {
    host.in_turn = true;
    turns_.push_back(&host);
  }
}

void HostQueue::add(std::size_t task, const std::string& host) {
  Host& entry = hosts_[host];
  entry.tasks.push_back(task);
  ++waiting_;
  offer(entry);
}

void HostQueue::add_later(std::size_t task, const std::string& host, Time time) {
  later_.emplace(time, Later{.task = task, .host = &hosts_[host]});
  ++waiting_;
}

void HostQueue::pause(const std::string& host, Time time) {
  Host& entry = hosts_[host];
  entry.paused_until = std::max(entry.paused_until, time);
}

std::optional<std::size_t> HostQueue::next(Time now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const Later due = later_.begin()->second;
    later_.erase(later_.begin());
    due.host->tasks.push_front(due.task);
    offer(*due.host);
  }
  while (!paused_.empty() && paused_.begin()->first <= now) {
    Host& host = *paused_.begin()->second;
    paused_.erase(paused_.begin());
    host.in_turn = false;
    offer(host);
  }
  while (!turns_.empty()) {
    Host& host = *turns_.front();
    turns_.pop_front();
    if (host.paused_until > now) {  // It keeps in_turn, so that nobody offers it meanwhile.
      paused_.emplace(host.paused_until, &host);
      continue;
    }
    host.in_turn = false;
    if (host.tasks.empty() || host.running >= per_host_) {
      continue;
    }
    const std::size_t task = host.tasks.front();
    host.tasks.pop_front();
    ++host.running;
    --waiting_;
    offer(host);
    return task;
  }
  return std::nullopt;
}

void HostQueue::finish(const std::string& host) {
  Host& entry = hosts_[host];
  --entry.running;
  offer(entry);
}

std::vector<std::size_t> HostQueue::take_all(const std::string& host) {
  Host& entry = hosts_[host];
  std::vector<std::size_t> taken(entry.tasks.begin(), entry.tasks.end());
  entry.tasks.clear();
  for (auto later = later_.begin(); later != later_.end();) {
    if (later->second.host == &entry) {
      taken.push_back(later->second.task);
      later = later_.erase(later);
    } else {
      ++later;
    }
  }
  waiting_ -= taken.size();
  return taken;
}

std::optional<HostQueue::Time> HostQueue::wake_time() const {
  std::optional<Time> first;
  if (!later_.empty()) {
    first = later_.begin()->first;
  }
  if (!paused_.empty()) {
    first = std::min(first.value_or(paused_.begin()->first), paused_.begin()->first);
  }
  return first;
}

}  // namespace crossfade
