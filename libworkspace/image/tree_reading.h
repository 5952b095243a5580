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

/// What a source has to say of what lies below it.
enum class LayerForm {
  kNone,         ///< it is no layer
  kOci,          ///< `.wh.` names take away what is below
  kOverlay,      ///< whiteouts and opaque folders of overlayfs' do
  kKeptOverlay,  ///< the same, and they are to stay in a tree that is a layer itself
};

/// How a source is read into a tree.
struct TreeReading {
  const LeftOut& left_out;
  LayerForm form = LayerForm::kNone;
  /// Where the contents go; without one they are read and dropped.
  Spool* spool = nullptr;
  ContentWatch watch = {};
};

/// Lays all that a source holds into the tree, but for what is left out. Errors: as EntrySource and
/// FileTree::add.
LeftOutCount read_tree(EntrySource& source, const TreeReading& how, FileTree& tree);

}  // namespace workspace
