// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/images.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "crossfade/core/error.h"
#include "crossfade/download/address.h"
#include "crossfade/download/folder_lock.h"
#include "crossfade/download/host_queue.h"
#include "crossfade/download/http.h"
#include "crossfade/download/image_store.h"
#include "crossfade/download/image_type.h"
#include "crossfade/download/ledger.h"
#include "crossfade/download/retry.h"

namespace crossfade {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

HttpLimits limits_of(const DownloadConfig& config) {
  return {.connect_seconds = config.connect_seconds,
          .total_seconds = config.image_seconds,
          .stall_seconds = config.stall_seconds,
          .redirects = config.redirects,
          .allow_private = config.allow_private};
}

double seconds_between(Time start, Time end) {
  return std::chrono::duration<double>(end - start).count();
}

Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// One image on its way.
struct Arrival {
  Address address;
  std::string body;
  std::string problem;  // Why this side ended the transfer.

  bool take(const HttpHead& head, std::string_view bytes, std::size_t most) {
    if (std::max<std::size_t>(body.size() + bytes.size(),
                              static_cast<std::size_t>(std::max<std::int64_t>(head.length, 0))) >
        most) {
      problem = fmt::format("is larger than {} MB", static_cast<double>(most) / 1e6);
      return false;
    }
    body.append(bytes);
    if (body.size() >= kImageTypeBytes && find_image_type(body).empty()) {
      problem = image_problem(body, head.content_type);
      return false;
    }
    return true;
  }
};

// A host that does not answer at all.
struct Silence {
  std::int64_t failures = 0;
  Time since;
  bool given_up = false;
};

class ImageDownload {
 public:
  ImageDownload(const DownloadConfig& config, const ImageRequest& request, const OnNote& on_note)
      : config_(config),
        on_note_(on_note),
        lock_(request.directory),
        store_(request.directory),
        ledger_(request.directory),
        queue_(static_cast<std::size_t>(config.per_host)),
        client_(limits_of(config), static_cast<std::size_t>(config.connections)) {
    request.list(
        [&](std::string_view item, std::string_view address) { ledger_.want(item, address); });
    for (const std::size_t number : ledger_.plan(store_, request.retry_failed)) {
      enqueue(number);
    }
    total_ = done_ + waiting_;
  }

  void run(const OnProgress& on_progress) {
    const Time start = Clock::now();
    while (!queue_.empty() || !client_.is_idle()) {
      start_transfers();
      for (HttpReply& reply : client_.wait(patience())) {
        finish(std::move(reply));
      }
      ledger_.flush();
      show(on_progress, seconds_between(start, Clock::now()));
    }
    ledger_.finish();
  }

  [[nodiscard]] ImageSummary summary() const;

 private:
  void enqueue(std::size_t number) {
    const std::string& text = ledger_[number].address;
    if (const std::optional<Address> address = read_address(text)) {
      queue_.add(number, address->host);
      ++waiting_;
    } else {
      record(number,
             {.outcome = DownloadOutcome::kFailed,
              .text = text.empty() ? "there is no address" : "is no http or https address"});
    }
  }

  void start_transfers() {
    while (client_.has_room()) {
      const std::optional<std::size_t> number = queue_.next(Clock::now());
      if (!number) {
        return;
      }
      const auto most = static_cast<std::size_t>(config_.image_megabytes * 1e6);
      Arrival& arrival = arrivals_[*number];
      arrival.address = *read_address(ledger_[*number].address);
      client_.start(*number,
                    {.address = arrival.address.text,
                     .headers = {},
                     .on_body =
                         [&arrival, most](const HttpHead& head, std::string_view bytes) {
                           return arrival.take(head, bytes, most);
                         },
                     // A server that sends more than it declared spoils what comes after it.
                     .fresh = ledger_[*number].attempts > 0});
    }
  }

  // How long to wait for servers at most.
  [[nodiscard]] std::chrono::milliseconds patience() const {
    constexpr std::chrono::milliseconds kLongest{200};
    const std::optional<Time> wake = queue_.wake_time();
    if (!wake || !client_.has_room()) {
      return kLongest;
    }
    const auto until = std::chrono::ceil<std::chrono::milliseconds>(*wake - Clock::now());
    return std::clamp(until, std::chrono::milliseconds{1}, kLongest);
  }

  void finish(HttpReply reply) {
    const auto found = arrivals_.find(reply.tag);
    const Arrival arrival = std::move(found->second);
    arrivals_.erase(found);
    const std::string& host = arrival.address.host;
    queue_.finish(host);
    std::string problem = reply.stopped ? arrival.problem : reply.problem;
    bool may_pass = reply.may_pass;
    if (problem.empty() && reply.head.status != 200) {
      problem = fmt::format("status {}", reply.head.status);
    } else if (problem.empty()) {
      problem = image_problem(arrival.body, reply.head.content_type);
      may_pass = problem.ends_with("cut short");
    }
    note_silence(reply, host, problem);
    if (problem.empty()) {
      store(reply.tag, arrival.body);
    } else if (may_pass) {
      try_again(reply, host, problem);
    } else {
      record(reply.tag, {.outcome = DownloadOutcome::kFailed, .text = problem});
    }
  }

  void store(std::size_t number, const std::string& body) {
    fetched_bytes_ += std::ssize(body);
    record(number,
           {.outcome = DownloadOutcome::kStored,
            .text = store_.put(body, find_image_type(body)),
            .bytes = std::ssize(body)});
  }

  void try_again(const HttpReply& reply, const std::string& host, const std::string& problem) {
    const std::int64_t attempts = ++ledger_[reply.tag].attempts;
    const Time next =
        Clock::now() + duration_of(wait_before_retry(config_, attempts, reply.retry_after));
    if (reply.head.status == 429 || reply.retry_after > 0.0) {
      queue_.pause(host, next);
    }
    const auto silence = silences_.find(host);
    const bool given_up = silence != silences_.end() && silence->second.given_up;
    if (attempts < config_.attempts && !given_up) {
      queue_.add_later(reply.tag, host, next);
    } else {
      record(reply.tag, {.outcome = DownloadOutcome::kPostponed, .text = problem});
    }
  }

  // A host that is down, or no network at all, is not asked a million times: first it is given
  // rest, then its images are postponed.
  void note_silence(const HttpReply& reply, const std::string& host, const std::string& problem) {
    if (reply.head.status != 0 || !reply.may_pass) {
      answered_ = true;
      silences_.erase(host);
      return;
    }
    const Time now = Clock::now();
    Silence& silence = silences_.try_emplace(host, Silence{.since = now}).first->second;
    ++silence.failures;
    if (silence.failures < config_.per_host) {
      return;
    }
    queue_.pause(
        host, now + duration_of(wait_before_retry(config_, silence.failures / config_.per_host)));
    if (seconds_between(silence.since, now) < config_.unreachable_seconds) {
      return;
    }
    silence.given_up = true;
    const std::vector<std::size_t> left = queue_.take_all(host);
    for (const std::size_t number : left) {
      record(number, {.outcome = DownloadOutcome::kPostponed, .text = problem});
    }
    if (!left.empty()) {
      report(on_note_,
             fmt::format("{} has not answered for {:.0f} s ({}); {} of its images are postponed",
                         host,
                         seconds_between(silence.since, now),
                         problem,
                         left.size()));
    }
  }

  void record(std::size_t number, DownloadResult result) {
    ledger_.record(number, std::move(result));
    ++done_;
  }

  void show(const OnProgress& on_progress, double seconds) {
    const Time now = Clock::now();
    constexpr std::chrono::milliseconds kPause{50};
    if (!on_progress || (now - shown_ < kPause && done_ < total_)) {
      return;
    }
    shown_ = now;
    const double rate = 1.0 / std::max(seconds, 0.001);
    report(on_progress,
           Progress{.what = "fetching images",
                    .done = done_,
                    .total = total_,
                    .unit = fmt::format("addresses, {:.0f} and {:.1f} MB a second",
                                        static_cast<double>(done_) * rate,
                                        static_cast<double>(fetched_bytes_) * rate / 1e6)});
  }

  const DownloadConfig& config_;
  const OnNote& on_note_;
  FolderLock lock_;
  ImageStore store_;
  Ledger ledger_;
  HostQueue queue_;
  std::unordered_map<std::size_t, Arrival> arrivals_;  // By entry of the ledger.
  std::unordered_map<std::string, Silence> silences_;
  HttpClient client_;  // After arrivals_: its transfers write into them.
  std::int64_t waiting_ = 0;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
  std::int64_t fetched_bytes_ = 0;
  bool answered_ = false;
  Time shown_;
};

ImageSummary ImageDownload::summary() const {
  ImageSummary out;
  out.fetched = total_;
  out.fetched_bytes = fetched_bytes_;
  std::map<std::string_view, std::int64_t> reasons;
  for (const Ledger::Entry& entry : ledger_.entries()) {
    if (!entry.wanted) {
      continue;
    }
    ++out.addresses;
    out.items += std::ssize(entry.items);
    const DownloadOutcome outcome = entry.result->outcome;
    out.stored += outcome == DownloadOutcome::kStored ? 1 : 0;
    out.failed += outcome == DownloadOutcome::kFailed ? 1 : 0;
    out.postponed += outcome == DownloadOutcome::kPostponed ? 1 : 0;
    if (outcome != DownloadOutcome::kStored) {
      ++reasons[entry.result->text];
    }
  }
  out.reasons.assign(reasons.begin(), reasons.end());
  std::ranges::stable_sort(
      out.reasons, std::ranges::greater(), &std::pair<std::string, std::int64_t>::second);
  require(answered_ || waiting_ == 0 || out.postponed < waiting_,
          ErrorKind::kIo,
          "no host answered: {}; the same command tries again",
          out.reasons.empty() ? "" : out.reasons.front().first);
  return out;
}

}  // namespace

ImageSummary download_images(const DownloadConfig& config,
                             const ImageRequest& request,
                             const OnProgress& on_progress,
                             const OnNote& on_note) {
  check_settings(config);
  ImageDownload download(config, request, on_note);
  download.run(on_progress);
  return download.summary();
}

}  // namespace crossfade
