// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace crossfade::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{5};

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t kUsual = 80;
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::string count(std::int64_t value) {
  if (value >= 10'000'000) {
    return fmt::format("{:.1f} M", static_cast<double>(value) / 1e6);
  }
  return fmt::format("{}", value);
}

std::string duration(double seconds) {
  const auto minutes = static_cast<std::int64_t>(seconds / 60.0);
  if (minutes == 0) {
    return fmt::format("{:.0f} s", seconds);
  }
  return minutes < 60 ? fmt::format("{} min", minutes)
                      : fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

// `since` is how much of it was done `seconds` ago.
std::string describe(const Progress& progress, std::int64_t since, double seconds) {
  std::string text(progress.what);
  if (progress.total > 0) {
    text +=
        fmt::format(": {} of {} {}", count(progress.done), count(progress.total), progress.unit);
    constexpr double kWorthAnEstimate = 3.0;
    if (progress.done > since && progress.done < progress.total && seconds > kWorthAnEstimate) {
      const double rate = static_cast<double>(progress.done - since) / seconds;
      text += fmt::format(", {:.{}f}/s, {} left",
                          rate,
                          rate < 10.0 ? 1 : 0,
                          duration(static_cast<double>(progress.total - progress.done) / rate));
    }
  } else if (progress.done > 0) {
    text += fmt::format(": {} {}", count(progress.done), progress.unit);
  }
  return text;
}

// Cut to `width` characters without cutting a UTF-8 sequence.
std::string cut(std::string text, std::size_t width) {
  if (text.size() > width) {
    std::size_t end = width;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    text.resize(end);
  }
  return text;
}

}  // namespace

ProgressPrinter::ProgressPrinter(bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressPrinter::~ProgressPrinter() {
  erase();
}

void ProgressPrinter::erase() {
  if (drawn_) {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
  }
}

void ProgressPrinter::show(const Progress& progress) {
  if (quiet_) {
    return;
  }
  const Clock::time_point now = Clock::now();
  const bool fresh = progress.what != last_what_;
  if (fresh) {
    last_what_ = progress.what;
    began_ = now;
    began_at_ = progress.done;
  }
  const bool finished = progress.total > 0 && progress.done >= progress.total;
  const auto pause = terminal_ ? Clock::duration(kRedraw) : Clock::duration(kPlainLine);
  if (now - last_ < pause && !(terminal_ && finished)) {
    return;
  }
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const std::string text = describe(progress, began_at_, seconds);
  if (!terminal_) {
    fmt::print(stderr, "  {}\n", text);
    return;
  }
  erase();
  fmt::print(stderr, "  {}", cut(text, std::max<std::size_t>(terminal_width(), 10) - 4));
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressPrinter::line(std::string_view text) {
  if (!quiet_) {
    erase();
    fmt::print(stderr, "{}\n", text);
    std::fflush(stderr);
  }
}

OnProgress ProgressPrinter::on_progress() {
  return [this](const Progress& progress) { show(progress); };
}

OnNote ProgressPrinter::on_note() {
  return [this](std::string_view text) { line(fmt::format("  note: {}", text)); };
}

}  // namespace crossfade::cli
