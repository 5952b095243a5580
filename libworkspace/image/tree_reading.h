#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "libworkspace/image/file_tree.h"
#include "libworkspace/image/left_out.h"
#include "libworkspace/image/spool.h"

namespace workspace {

/// How much of a source an import left out.
struct LeftOutCount {
  std::uint64_t entries = 0;
  std::uint64_t sockets = 0;
};

/// Called for each piece of a file's content, and once more with nothing at its end.
using ContentWatch = std::function<void(const TreeEntry& entry, std::span<const char> bytes)>;

/// How a source is read into a tree.
struct TreeReading {
  const LeftOut& left_out;
  /// The source is a layer, whose `.wh.` names take away what is below.
  bool whiteouts = false;
  /// Where the contents go; without one they are read and dropped.
  Spool* spool = nullptr;
  ContentWatch watch = {};
};

/// Lays all that a source holds into the tree, but for what is left out. Errors: as EntrySource and
/// FileTree::add.
LeftOutCount read_tree(EntrySource& source, const TreeReading& how, FileTree& tree);

}  // namespace workspace
