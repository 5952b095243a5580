#pragma once

#include <memory>
#include <string>

#include "libworkspace/image/tree_entry.h"

namespace workspace {

/// The entries of an archive: tar in any of its dialects, compressed in any way that libarchive
/// knows. archive_source.cc and tar_writer.cc own libarchive.
class ArchiveSource : public EntrySource {
 public:
  /// Reads from the descriptor's position; it stays the caller's. `name` is what errors call it.
  /// Errors: as EntrySource.
  ArchiveSource(int fd, std::string name);
  ~ArchiveSource() override;

  std::optional<TreeEntry> next() override;
  std::size_t read(std::span<char> buffer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace workspace
