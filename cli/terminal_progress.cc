#include "cli/terminal_progress.h"

#include <unistd.h>

#include <cstdio>

#include "cli/output.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr char kClearLine[] = "\r\033[K";

}  // namespace

TerminalProgress::TerminalProgress()
    : on_terminal_(::isatty(STDERR_FILENO) == 1),
      // A copy that is over at once shows nothing.
      next_(std::chrono::steady_clock::now() + kInterval) {}

TerminalProgress::~TerminalProgress() {
  if (shown_) std::fputs(kClearLine, stderr);
}

void TerminalProgress::show(const std::string& file, std::uint64_t done_bytes,
                            std::uint64_t total_bytes) {
  show_step("copying " + printable(file.substr(file.rfind('/') + 1), 64), done_bytes, total_bytes);
}

void TerminalProgress::show_step(std::string_view step, std::uint64_t done_bytes,
                                 std::uint64_t total_bytes) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now < next_) return;
  next_ = now + kInterval;
  shown_ = true;
  std::string line = std::string(step) + ": " + format_bytes(done_bytes);
  if (total_bytes != 0) {
    line += " of " + format_bytes(total_bytes) + " (" +
            std::to_string(done_bytes * 100 / total_bytes) + " %)";
  }
  std::fprintf(stderr, "%s%s", kClearLine, line.c_str());
}

}  // namespace workspace::cli
