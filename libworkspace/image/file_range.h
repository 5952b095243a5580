#pragma once

#include <cstdint>
#include <string>

namespace workspace {

/// A part of a file.
struct FileRange {
  std::uint64_t offset_bytes = 0;
  std::uint64_t size_bytes = 0;
};

/// Up to `most` bytes at a place, fewer at the file's end. Errors: kHost, naming `name`.
std::string read_at(int fd, std::uint64_t offset_bytes, std::size_t most, const std::string& name);

}  // namespace workspace
