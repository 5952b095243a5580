#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace workspace {

enum class EntryType {
  kFile,
  kFolder,
  kSymlink,
  kHardLink,
  kFifo,
  kSocket,
  kDevice,
  kWhiteout,  ///< overlayfs' mark that what lies below is gone: a character device 0:0
};

/// A file of a tree as an archive or a file system names it; nothing of it has been checked.
struct TreeEntry {
  std::string path;
  EntryType type = EntryType::kFile;
  std::uint32_t mode = 0;  ///< the permission bits alone
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime_s = 0;
  std::uint64_t size_bytes = 0;
  std::string target;  ///< of a link
  std::vector<std::pair<std::string, std::string>> xattrs = {};
  bool opaque = false;  ///< of a folder in a layer: nothing of what lies below is in it
};

/// Where the entries of a tree come from. One after the other, each with its content.
class EntrySource {
 public:
  EntrySource() = default;
  EntrySource(const EntrySource&) = delete;
  EntrySource& operator=(const EntrySource&) = delete;
  virtual ~EntrySource() = default;

  /// The next entry; nothing at the end. Errors: kInvalid for what cannot be read as what it should
  /// be, kNotFound for an input that ends early; kHost.
  virtual std::optional<TreeEntry> next() = 0;
  /// The next bytes of the last entry's content; 0 at its end. Errors: as next().
  virtual std::size_t read(std::span<char> buffer) = 0;
};

}  // namespace workspace
