#pragma once

#include <cstdint>
#include <span>

namespace workspace {

/// The contents of a tree's files, one behind the other in a file without a name that goes with its
/// process. Blocks of zeros take no room.
class Spool {
 public:
  /// `fd` is an empty file open for reading and writing; it stays the caller's.
  explicit Spool(int fd) : fd_(fd) {}

  [[nodiscard]] std::uint64_t end() const { return end_; }
  /// Errors: kHost.
  void append(std::span<const char> bytes);
  /// Reads from a place that was written. Errors: kHost.
  void read(std::uint64_t offset, std::span<char> buffer) const;

 private:
  int fd_;
  std::uint64_t end_ = 0;
};

}  // namespace workspace
