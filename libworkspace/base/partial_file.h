#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/sha256.h"

namespace workspace {

/// Called now and then during a long copy with the bytes done so far. What it throws ends the copy.
using CopyProgress = std::function<void(std::uint64_t done_bytes)>;

/// A file in the making, `FOLDER/.partial-NAME`. It appears under its own name only by publish(),
/// so that a file with a proper name is whole at any moment, also after a kill or a power failure.
/// What is not published goes with the object; what a killed process left is replaced by the next
/// maker of the same name. Two makers of one name at once must be kept apart by a lock of the
/// caller's.
class PartialFile {
 public:
  static constexpr std::string_view kPrefix = ".partial-";

  /// Creates the empty file with mode 0600. Errors: kHost.
  PartialFile(std::string folder, std::string name);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  struct Copied {
    Sha256::Bytes sha256{};
    std::uint64_t size_bytes = 0;
  };

  /// Copies `source` from its current position to its end and hashes what it copies: the bytes that
  /// were hashed are the bytes that were written. Blocks of zeros become holes. A source of more
  /// than `max_bytes` is not read much further than that. Errors: kHost, naming `source_name` or
  /// this file; what `progress` throws.
  Copied copy_from(int source, std::string_view source_name, std::uint64_t max_bytes,
                   const CopyProgress& progress);

  /// Brings the content to the disk. Errors: kHost.
  void sync();

  /// Gives the file its mode and name; a file that has the name already is replaced. The new name
  /// is durable only after sync_folder(). Errors: kHost.
  void publish(mode_t mode);
  /// The same under another name than the one it was made for.
  void publish_as(const std::string& name, mode_t mode);

 private:
  std::string folder_;
  std::string name_;
  std::string path_;  ///< empty once published
  UniqueFd fd_;
};

}  // namespace workspace
