#include "libworkspace/hypervisor/console.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// More than any tail asked for; a guest may write without end.
constexpr std::size_t kMaxKeptBytes = 65536;
/// The console daemon refills the pty once it has room; silence this long is the end.
constexpr std::chrono::milliseconds kPtySilence{200};

void append_bounded(std::string& kept, std::string_view bytes) {
  kept += bytes;
  if (kept.size() > 2 * kMaxKeptBytes) kept.erase(0, kept.size() - kMaxKeptBytes);
}

/// The output up to and with the line of the kernel's last panic; all of it if there is none.
std::string_view without_panic_trace(std::string_view output) {
  const auto panic = output.rfind("Kernel panic - not syncing");
  return panic == std::string_view::npos ? output : output.substr(0, output.find('\n', panic));
}

std::string clean_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return printable(line, kMaxKeptBytes);
}

}  // namespace

std::string console_lines(std::string_view output, std::size_t max_bytes) {
  const auto lines = split(without_panic_trace(output), '\n');
  std::string tail;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const std::string text = clean_line(*line);
    if (text.empty()) continue;
    if (tail.size() + text.size() + 1 > max_bytes) {
      if (tail.empty() && max_bytes > 0) tail = text.substr(0, max_bytes - 1) + "\n";
      break;
    }
    tail.insert(0, text + "\n");
  }
  return tail;
}

std::string read_console_log(const std::string& path) {
  const UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return "";
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  const off_t start = size - std::min<off_t>(size, kMaxKeptBytes);
  std::string kept(static_cast<std::size_t>(size > 0 ? size - start : 0), '\0');
  const ssize_t got = ::pread(fd.get(), kept.data(), kept.size(), start);
  kept.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return kept;
}

std::string read_console_pty(const std::string& path, Deadline deadline) {
  if (!path.starts_with("/dev/pts/")) return "";
  const UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  std::string kept;
  while (fd.valid() && !deadline.passed()) {
    struct pollfd entry {
      fd.get(), POLLIN, 0
    };
    if (::poll(&entry, 1, deadline.poll_ms(kPtySilence)) <= 0) break;
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    append_bounded(kept, {buffer.data(), static_cast<std::size_t>(got)});
  }
  return kept;
}

}  // namespace workspace
