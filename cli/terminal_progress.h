#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace workspace::cli {

/// One line on stderr that tells how far a long copy is; nothing when stderr is no terminal.
class TerminalProgress {
 public:
  TerminalProgress();
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;
  /// Takes the line away.
  ~TerminalProgress();

  void show(const std::string& file, std::uint64_t done_bytes, std::uint64_t total_bytes);
  /// The same for a step of a longer work, such as `reading`. A total of 0 is not known.
  void show_step(std::string_view step, std::uint64_t done_bytes, std::uint64_t total_bytes);

 private:
  bool on_terminal_;
  bool shown_ = false;
  /// The next moment at which a line is worth its writing.
  std::chrono::steady_clock::time_point next_;
};

}  // namespace workspace::cli
