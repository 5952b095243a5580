#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/image/file_tree.h"
#include "libworkspace/image/left_out.h"

namespace workspace {

/// What workspace-tree is told on its command line: where a tree comes from and what to do with it.
/// The program has no rights and no names: all it works on are descriptors.
struct TreeTask {
  enum class Source {
    kArchive,  ///< an archive at the descriptor
    kExt,      ///< an ext file system in the file at the descriptor
    kLayers,   ///< a folder with the files of a container image, as skopeo's `dir:` writes it
    kUpper,    ///< an overlay's upper folder, `upper` of an ext file system: a layer
  };
  enum class Action {
    kTar,    ///< the tree as a tar to stdout
    kCheck,  ///< nothing but the summary
    kList,   ///< what list_tree (tree_listing.h) writes, to stdout
  };

  Source source = Source::kArchive;
  Action action = Action::kTar;
  int input_fd = 0;
  std::uint64_t offset_bytes = 0;  ///< of the ext file system
  /// Archives of layers that overlayfs would lay over the source, the lowest first; not of kUpper
  /// and kLayers.
  std::vector<int> layer_fds = {};
  int spool_fd =
      -1;  ///< an empty file to work in; kTar needs one, kList keeps an RPM database there
  std::string name;  ///< what errors call the source
  TreeLimits limits;
  std::int64_t newest_mtime_s = INT64_MAX;  ///< later times are set back to it
  LeftOut left_out;

  [[nodiscard]] std::string to_line() const;
  /// Errors: kInvalid.
  static TreeTask parse(std::string_view line);
};

/// What workspace-tree says on stderr, in one line, when it has done its task.
struct TreeSummary {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  ///< of all contents
  std::uint64_t left_out = 0;
  std::uint64_t sockets = 0;

  [[nodiscard]] std::string to_line() const;
  /// Errors: kInvalid.
  static TreeSummary parse(std::string_view line);
};

}  // namespace workspace
