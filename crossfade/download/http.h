// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

/// How far a server is followed and waited for.
struct HttpLimits {
  double connect_seconds = 10.0;
  double total_seconds = 0.0;       ///< Of one transfer; 0 = as long as it moves.
  std::int64_t stall_seconds = 20;  ///< Below 100 bytes a second for so long, it is given up.
  std::int64_t redirects = 5;
  bool allow_private = false;  ///< Else no connection to an address that is not public is opened.
};

/// What a server says before the body. Of several answers (redirects), the last.
struct HttpHead {
  int status = 0;            ///< 0 = it did not get so far.
  std::int64_t length = -1;  ///< Bytes of the body that follows; -1 = not said.
  std::string content_type;
  std::string content_range;  ///< "bytes 100-199/200".
  std::string etag;
  std::string last_modified;
};

/// Receives the body of an answer of status 200 or 206, part by part; false ends the transfer.
using OnBody = std::function<bool(const HttpHead& head, std::string_view bytes)>;

struct HttpRequest {
  std::string address;               ///< As read_address gives it.
  std::vector<std::string> headers;  ///< "Range: bytes=100-".
  OnBody on_body;                    ///< What it throws, HttpClient::wait throws.
  bool fresh = false;                ///< On a connection of its own, not one used before.
};

/// How a transfer ended.
struct HttpReply {
  std::size_t tag = 0;  ///< As passed to HttpClient::start.
  HttpHead head;
  std::string problem;       ///< "" = the answer is complete, whatever its status.
  bool may_pass = false;     ///< The problem, or the status, is of the kind that goes away.
  bool stopped = false;      ///< on_body ended it; then there is no problem.
  double retry_after = 0.0;  ///< Seconds that the server asks to wait; 0 = it does not.
};

/// Several transfers at a time over http and https, redirects included; connections are kept and
/// shared. Proxies of the environment are not used: through them the address that a name leads to
/// cannot be checked. To be used by one thread.
class HttpClient {
 public:
  /// At most `transfers` at a time.
  HttpClient(const HttpLimits& limits, std::size_t transfers);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool is_idle() const;

  /// Begins a transfer. Requires `has_room`.
  void start(std::size_t tag, HttpRequest request);

  /// Lets transfers go on until one has ended, but for no longer than `longest`.
  /// @throws Error  kInternal when libcurl fails as such; and what an on_body throws.
  [[nodiscard]] std::vector<HttpReply> wait(std::chrono::milliseconds longest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossfade
