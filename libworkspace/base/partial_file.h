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
/// What is not published goes with the object, unless it is kept for the next maker; what a killed
/// process left is replaced by the next maker of the same name, or gone on with. Two makers of one
/// name at once must be kept apart by a lock of the caller's.
class PartialFile {
 public:
  static constexpr std::string_view kPrefix = ".partial-";

  /// Creates the empty file with mode 0600. Errors: kHost.
  PartialFile(const std::string& folder, const std::string& name);
  /// Goes on with what a maker left that is dead, which the caller knows by its lock; creates an
  /// empty file where there is none, or one that is not the caller's alone. Whether its content is
  /// good only the digest of the whole can tell. Errors: kHost.
  static PartialFile resume(const std::string& folder, const std::string& name);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// How much a resumed one holds already.
  [[nodiscard]] std::uint64_t size_bytes() const;

  /// Leaves an unpublished file for resume().
  void keep() { path_.clear(); }

  struct Copied {
    Sha256::Bytes sha256{};
    std::uint64_t size_bytes = 0;
  };

  /// Copies `source` to its end, from its current position or, where this file holds something,
  /// from as far behind it; and hashes the whole: the bytes that were hashed are the bytes that are
  /// in the file. Blocks of zeros become holes. A source of more than `max_bytes` is not read much
  /// further than that. Errors: kHost, naming `source_name` or this file; what `progress` throws.
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
  PartialFile(std::string folder, std::string name, UniqueFd fd);

  std::string folder_;
  std::string name_;
  std::string path_;  ///< empty once published
  UniqueFd fd_;
};

}  // namespace workspace
