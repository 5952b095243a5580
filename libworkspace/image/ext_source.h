#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libworkspace/image/tree_entry.h"

namespace workspace {

/// The files of an ext2, ext3 or ext4 file system that lies in a file from `offset_bytes` on. It is
/// read as a file, never mounted, and its journal is not played back. ext_source.cc owns libext2fs.
class ExtSource : public EntrySource {
 public:
  /// `path` is for opening, `name` for errors. With a `folder` of the file system its content is
  /// all that there is. Errors: as EntrySource.
  ExtSource(const std::string& path, std::uint64_t offset_bytes, std::string name,
            const std::string& folder = "");
  ~ExtSource() override;

  std::optional<TreeEntry> next() override;
  std::size_t read(std::span<char> buffer) override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace workspace
