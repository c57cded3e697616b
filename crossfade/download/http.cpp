// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <exception>
#include <utility>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <locale.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "crossfade/core/error.h"
#include "crossfade/core/version.h"
#include "crossfade/download/address.h"

namespace crossfade {
namespace {

constexpr long kStallBytesPerSecond = 100;
// Of a page that says "not found": read so that the connection can be used again, up to here.
constexpr std::size_t kIgnoredBytes = std::size_t{64} * 1024;

void use_curl() {
  static const CURLcode kCode = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(kCode == CURLE_OK, ErrorKind::kInternal, "libcurl: {}", curl_easy_strerror(kCode));
}

// TLS writes to connections that the other side has closed; the signal that follows would end the
// program.
class WithoutBrokenPipe {
 public:
  WithoutBrokenPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }

  ~WithoutBrokenPipe() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  WithoutBrokenPipe(const WithoutBrokenPipe&) = delete;
  WithoutBrokenPipe& operator=(const WithoutBrokenPipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

// libcurl takes host names outside ASCII to be in the encoding of the locale, and a program that
// sets none has ASCII. Addresses are UTF-8.
class WithUtf8 {
 public:
  WithUtf8() {
    static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    before_ = kUtf8 != nullptr ? ::uselocale(kUtf8) : nullptr;
  }

  ~WithUtf8() {
    if (before_ != nullptr) {
      ::uselocale(before_);
    }
  }

  WithUtf8(const WithUtf8&) = delete;
  WithUtf8& operator=(const WithUtf8&) = delete;

 private:
  locale_t before_;
};

struct Transfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  const HttpLimits* limits = nullptr;
  std::size_t tag = 0;
  bool active = false;
  HttpRequest request;
  HttpHead head;
  std::size_t ignored = 0;
  bool stopped = false;
  std::string refused_ip;
  std::exception_ptr thrown;
};

bool is_public_peer(const sockaddr& peer) {
  if (peer.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> ip{};
    std::memcpy(ip.data(), &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, ip.size());
    return is_public(ip);
  }
  if (peer.sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> ip{};
    std::memcpy(ip.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, ip.size());
    return is_public(ip);
  }
  return false;
}

std::string show(const sockaddr& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* ip =
      peer.sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr)
          : &reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
  ::inet_ntop(peer.sa_family, ip, text.data(), text.size());
  return text.data();
}

// Every connection begins here, with the address that it really goes to: a name that resolves to
// something else the second time, or a redirect, does not get around it.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* peer) {
  auto& transfer = *static_cast<Transfer*>(data);
  if (!transfer.limits->allow_private && !is_public_peer(peer->addr)) {
    transfer.refused_ip = show(peer->addr);
    return CURL_SOCKET_BAD;
  }
  return ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_header(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::size_t read_header(char* data, std::size_t, std::size_t size, void* user) {
  HttpHead& head = static_cast<Transfer*>(user)->head;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    head = {};
    return size;
  }
  const std::string_view value = trimmed(line.substr(std::min(line.find(':') + 1, line.size())));
  if (is_header(line, "content-type")) {
    head.content_type = value;
  } else if (is_header(line, "content-range")) {
    head.content_range = value;
  } else if (is_header(line, "etag")) {
    head.etag = value;
  } else if (is_header(line, "last-modified")) {
    head.last_modified = value;
  } else if (is_header(line, "content-length")) {
    std::from_chars(value.data(), value.data() + value.size(), head.length);
  }
  return size;
}

int status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::size_t read_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.head.status = status_of(transfer.easy);
  if (transfer.head.status != 200 && transfer.head.status != 206) {
    transfer.ignored += size;
    return transfer.ignored <= kIgnoredBytes ? size : 0;
  }
  try {
    if (transfer.request.on_body(transfer.head, {data, size})) {
      return size;
    }
    transfer.stopped = true;
  } catch (...) {
    transfer.thrown = std::current_exception();
  }
  return 0;
}

struct Problem {
  std::string text;
  bool may_pass = false;
};

double seconds_of(CURL* easy, CURLINFO which) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, which, &microseconds);
  return static_cast<double>(microseconds) / 1e6;
}

std::string describe_timeout(const Transfer& transfer) {
  const HttpLimits& limits = *transfer.limits;
  constexpr double kAlmost = 0.99;
  if (limits.total_seconds > 0.0 &&
      seconds_of(transfer.easy, CURLINFO_TOTAL_TIME_T) >= kAlmost * limits.total_seconds) {
    return fmt::format("is not complete after {} s", limits.total_seconds);
  }
  if (seconds_of(transfer.easy, CURLINFO_PRETRANSFER_TIME_T) <= 0.0) {
    return fmt::format("no connection within {} s", limits.connect_seconds);
  }
  return fmt::format(
      "less than {} bytes a second for {} s", kStallBytesPerSecond, limits.stall_seconds);
}

Problem describe(CURLcode code, const Transfer& transfer) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return {"is no address that can be asked for"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // Of a redirect; or bytes without a status line.
      return status_of(transfer.easy) / 100 == 3
                 ? Problem{"leads to an address that is neither http nor https"}
                 : Problem{"the answer is no HTTP", true};
    case CURLE_TOO_MANY_REDIRECTS:
      return {fmt::format("leads on more than {} times", transfer.limits->redirects)};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {"the host is not found", true};
    case CURLE_COULDNT_CONNECT:
      return {"the host accepts no connection", true};
    case CURLE_OPERATION_TIMEDOUT:
      return {describe_timeout(transfer), true};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {"the connection ends before the answer is complete", true};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {"the certificate of the host is not trusted"};
    default:
      return {fmt::format("libcurl says: {}", curl_easy_strerror(code)), true};
  }
}

bool may_pass(int status) {
  return status >= 500 || status == 408 || status == 425 || status == 429;
}

HttpReply reply_of(Transfer& transfer, CURLcode code) {
  HttpReply reply;
  reply.tag = transfer.tag;
  reply.stopped = transfer.stopped;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RETRY_AFTER, &retry_after);
  reply.retry_after = static_cast<double>(retry_after);
  transfer.head.status = status_of(transfer.easy);
  reply.head = std::move(transfer.head);
  reply.may_pass = may_pass(reply.head.status);
  if (transfer.stopped || code == CURLE_OK || transfer.ignored > kIgnoredBytes) {
    return reply;
  }
  Problem problem = describe(code, transfer);
  if (!transfer.refused_ip.empty() && code == CURLE_COULDNT_CONNECT) {
    problem = {fmt::format("leads to {}, which is no public address; allow_private lets it pass",
                           transfer.refused_ip)};
  }
  reply.problem = std::move(problem.text);
  reply.may_pass = problem.may_pass;
  return reply;
}

long milliseconds(double seconds) {
  return static_cast<long>(seconds * 1000.0);
}

void set_up(Transfer& transfer) {
  CURL* easy = transfer.easy;
  const HttpLimits& limits = *transfer.limits;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(limits.redirects));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect_seconds));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(limits.total_seconds));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stall_seconds));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, fmt::format("crossfade/{}", kVersion).c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, read_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, read_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

}  // namespace

struct HttpClient::State {
  HttpLimits limits;
  CURLM* multi = nullptr;
  std::vector<Transfer> transfers;
  std::size_t active = 0;

  void finish(Transfer& transfer) {
    curl_multi_remove_handle(multi, transfer.easy);
    curl_slist_free_all(transfer.headers);
    transfer.headers = nullptr;
    transfer.active = false;
    transfer.request = {};
    --active;
  }
};

HttpClient::HttpClient(const HttpLimits& limits, std::size_t transfers)
    : state_(new State{.limits = limits, .transfers = std::vector<Transfer>(transfers)}) {
  use_curl();
  state_->multi = curl_multi_init();
  for (Transfer& transfer : state_->transfers) {
    transfer.limits = &state_->limits;
    transfer.easy = curl_easy_init();
    set_up(transfer);
  }
}

HttpClient::~HttpClient() {
  const WithoutBrokenPipe guard;
  for (Transfer& transfer : state_->transfers) {
    if (transfer.active) {
      state_->finish(transfer);
    }
    curl_easy_cleanup(transfer.easy);
  }
  curl_multi_cleanup(state_->multi);
}

bool HttpClient::has_room() const {
  return state_->active < state_->transfers.size();
}

bool HttpClient::is_idle() const {
  return state_->active == 0;
}

void HttpClient::start(std::size_t tag, HttpRequest request) {
  Transfer& transfer = *std::ranges::find(state_->transfers, false, &Transfer::active);
  transfer.tag = tag;
  transfer.request = std::move(request);
  transfer.head = {};
  transfer.ignored = 0;
  transfer.stopped = false;
  transfer.refused_ip.clear();
  for (const std::string& header : transfer.request.headers) {
    transfer.headers = curl_slist_append(transfer.headers, header.c_str());
  }
  curl_easy_setopt(transfer.easy, CURLOPT_HTTPHEADER, transfer.headers);
  curl_easy_setopt(transfer.easy, CURLOPT_URL, transfer.request.address.c_str());
  curl_easy_setopt(transfer.easy, CURLOPT_FRESH_CONNECT, transfer.request.fresh ? 1L : 0L);
  transfer.active = true;
  ++state_->active;
  curl_multi_add_handle(state_->multi, transfer.easy);
}

std::vector<HttpReply> HttpClient::wait(std::chrono::milliseconds longest) {
  const WithoutBrokenPipe no_signal;
  const WithUtf8 utf8;
  std::vector<HttpReply> replies;
  int running = 0;
  CURLMcode code = curl_multi_perform(state_->multi, &running);
  if (code == CURLM_OK && static_cast<std::size_t>(running) == state_->active) {
    code = curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(longest.count()), nullptr);
    if (code == CURLM_OK) {
      code = curl_multi_perform(state_->multi, &running);
    }
  }
  require(code == CURLM_OK, ErrorKind::kInternal, "libcurl: {}", curl_multi_strerror(code));
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(state_->multi, &left)) {
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    HttpReply reply = reply_of(*transfer, message->data.result);
    state_->finish(*transfer);
    if (transfer->thrown) {
      std::rethrow_exception(std::exchange(transfer->thrown, nullptr));
    }
    replies.push_back(std::move(reply));
  }
  return replies;
}

}  // namespace crossfade
