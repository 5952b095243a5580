#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace workspace {

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Writes all bytes to a blocking descriptor. Errors: kHost with `what`.
void write_all(int fd, std::string_view bytes, std::string_view what);

/// Reads up to the end of the file. Errors: kInvalid when it holds more than `max_bytes`; kHost.
std::string read_all(int fd, std::size_t max_bytes, std::string_view what);

/// Reads a small file that the project itself wrote, whose folder only root can write.
/// Errors: kNotFound; kInvalid when larger than `max_bytes`; kHost.
std::string read_file(const std::string& path, std::size_t max_bytes);

/// Replaces `path` so that it is either the old or the whole new content at any moment: a temporary
/// file beside it, fsync, rename, fsync of the folder. Errors: kHost.
void write_file_atomic(const std::string& path, std::string_view content, mode_t mode);

/// Makes the names in a folder durable (fsync of the folder). Errors: kHost.
void sync_folder(const std::string& path);

}  // namespace workspace
