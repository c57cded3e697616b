// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/data_file.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <thread>

#include "crossfade/core/error.h"
#include "crossfade/download/address.h"
#include "crossfade/download/folder_lock.h"
#include "crossfade/download/http.h"
#include "crossfade/download/image_type.h"
#include "crossfade/download/part_file.h"
#include "crossfade/download/retry.h"
#include "crossfade/ingest/gzip_file.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class GzipFetch {
 public:
  GzipFetch(const DownloadConfig& config,
            const DataFile& file,
            const OnProgress& on_progress,
            const OnNote& on_note)
      : config_(config),
        file_(file),
        on_progress_(on_progress),
        on_note_(on_note),
        what_("fetching " + file.path.filename().string()),
        part_(file.path, file.address),
        client_({.connect_seconds = config.connect_seconds,
                 .stall_seconds = config.stall_seconds,
                 .redirects = config.redirects,
                 .allow_private = config.allow_private},
                1),
        resumed_from_(part_.size()) {}

  // Asks until the part has its full length.
  void run() {
    std::int64_t failures = 0;
    while (part_.size() == 0 || part_.size() != part_.total()) {
      const std::int64_t before = part_.size();
      const HttpReply reply = ask();
      const bool complete = reply.problem.empty() && !reply.stopped && reply.head.status < 300;
      if (complete && (part_.total() < 0 || part_.size() == part_.total())) {
        break;
      }
      if (reply.head.status == 416) {  // The file has become shorter than the part.
        part_.restart();
      }
      failures = part_.size() > before ? 1 : failures + 1;
      rest(reply, failures);
    }
    require(part_.size() > 0, ErrorKind::kData, "{}: is empty", file_.address);
  }

  void check() {
    report(on_note_, fmt::format("checking {}", file_.path.filename().string()));
    try {
      verify_gzip(part_.path());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kData) {
        throw;
      }
      part_.restart();
      fail(ErrorKind::kData,
           "{}: what {} gave is no whole gzip file; the same command fetches it anew",
           file_.path.string(),
           file_.address);
    }
  }

  std::int64_t commit() {
    part_.commit();
    return part_.size();
  }

 private:
  HttpReply ask() {
    started_ = false;
    problem_.clear();
    client_.start(0,
                  {.address = read_address(file_.address)->text,
                   .headers = part_.resume_headers(),
                   .on_body = [this](const HttpHead& head,
                                     std::string_view bytes) { return take(head, bytes); },
                   .fresh = false});
    for (;;) {
      constexpr std::chrono::milliseconds kRedraw{200};
      std::vector<HttpReply> replies = client_.wait(kRedraw);
      show();
      if (!replies.empty()) {
        return std::move(replies.front());
      }
    }
  }

  bool take(const HttpHead& head, std::string_view bytes) {
    if (!started_) {
      started_ = true;
      if (head.status == 200 && part_.size() > 0) {
        report(on_note_,
               fmt::format("{} starts anew: the file at the server is another one, or it cannot go "
                           "on in the middle",
                           file_.path.filename().string()));
        resumed_from_ = 0;
      }
      problem_ = part_.begin(head);
      if (!problem_.empty()) {
        part_.restart();
        return false;
      }
    }
    require_gzip(bytes);
    part_.append(bytes);
    return true;
  }

  // A page with an apology, or a file that a server has unpacked, is known by its first bytes.
  void require_gzip(std::string_view bytes) {
    constexpr std::string_view kMagic = "\x1F\x8B";
    const std::size_t seen = std::min(bytes.size(), kMagic.size());
    if (part_.size() == 0 && bytes.substr(0, seen) != kMagic.substr(0, seen)) {
      part_.restart();
      fail(ErrorKind::kData,
           "{}: gives no gzip file but something that begins with {}",
           file_.address,
           show_beginning(bytes));
    }
  }

  // Throws when trying again is of no use; otherwise waits until it is.
  void rest(const HttpReply& reply, std::int64_t failures) {
    std::string problem = !problem_.empty() ? problem_ : reply.problem;
    if (problem.empty()) {
      problem = reply.head.status < 300 ? "the answer is not complete"
                                        : fmt::format("status {}", reply.head.status);
    }
    const bool may_pass = reply.may_pass || reply.head.status == 206 || reply.head.status == 200 ||
                          reply.head.status == 416;
    const std::string kept = part_.size() == 0
                                 ? ""
                                 : fmt::format("; {:.1f} MB are kept, and the same command goes on",
                                               static_cast<double>(part_.size()) / 1e6);
    require(may_pass && failures < config_.attempts,
            ErrorKind::kIo,
            "{}: {}{}",
            file_.address,
            problem,
            kept);
    const double seconds = wait_before_retry(config_, failures, reply.retry_after);
    report(on_note_, fmt::format("{}; the next attempt is in {:.1f} s", problem, seconds));
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }

  void show() {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const double fresh = static_cast<double>(part_.size() - resumed_from_) / 1e6;
    constexpr std::int64_t kMegabyte = 1'000'000;
    report(
        on_progress_,
        Progress{.what = what_,
                 .done = (part_.size() - resumed_from_) / kMegabyte,
                 .total = std::max<std::int64_t>(0, part_.total() - resumed_from_) / kMegabyte,
                 .unit = fmt::format("MB, {:.1f} MB a second", fresh / std::max(seconds, 0.001))});
  }

  const DownloadConfig& config_;
  const DataFile& file_;
  const OnProgress& on_progress_;
  const OnNote& on_note_;
  std::string what_;
  PartFile part_;
  HttpClient client_;
  std::int64_t resumed_from_;
  Clock::time_point start_ = Clock::now();
  bool started_ = false;
  std::string problem_;  // Why this side ended the transfer.
};

}  // namespace

DataFileState fetch_gzip(const DownloadConfig& config,
                         const DataFile& file,
                         const OnProgress& on_progress,
                         const OnNote& on_note) {
  check_settings(config);
  require(read_address(file.address).has_value(),
          ErrorKind::kUsage,
          "{}: is no http or https address",
          file.address);
  const fs::path folder = file.path.has_parent_path() ? file.path.parent_path() : ".";
  const FolderLock lock(folder);
  std::error_code code;
  if (const auto size = fs::file_size(file.path, code); !code) {
    return {.bytes = static_cast<std::int64_t>(size), .reused = true};
  }
  GzipFetch fetch(config, file, on_progress, on_note);
  fetch.run();
  fetch.check();
  return {.bytes = fetch.commit()};
}

}  // namespace crossfade
