#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libworkspace/image/tree_entry.h"

namespace workspace {

/// Bounds on a tree that comes from elsewhere.
struct TreeLimits {
  std::uint64_t max_bytes = std::uint64_t{64} << 30;  ///< of all contents together
  std::uint64_t max_entries = 4'000'000;
};

/// A file with its content's place in the spool. Several names may share it (hard links).
struct TreeNode {
  TreeEntry entry;
  std::uint64_t spool_offset = 0;
};

/// A file tree that archives and layers are laid into, one above the other, by name alone and
/// without a file system: nothing can be written outside of it, whatever the names say. It takes
/// what an image may hold and refuses the rest in one line.
///
/// Its order is that of the paths, not that of the source, so equal trees are equal however they
/// came.
class FileTree {
 public:
  /// With `is_layer` the tree is itself a layer of overlayfs': whiteouts and opaque folders are
  /// kept in it, for what will lie below.
  explicit FileTree(const TreeLimits& limits, bool is_layer = false)
      : limits_(limits), is_layer_(is_layer) {}

  /// What is added from here on lies above what there is; see white_out().
  void begin_layer() { ++layer_; }

  /// Lays an entry into the tree, in the place of what has the path already. Its path is a
  /// tree_path; the content of a file is `size_bytes` at `spool_offset`. A folder keeps what is in
  /// it; folders that were not named are made (root's, 0755).
  ///
  /// Errors: kInvalid for a device, for a whiteout in a tree that is no layer, for what lies below
  /// something that is no folder (a link, say), for a hard link to what is not in the tree;
  /// kExceeded for more than the limits.
  void add(TreeEntry entry, std::uint64_t spool_offset);

  /// Takes away what the layers below hold at the path, as an OCI layer's `.wh.NAME` does. Nothing
  /// of the present layer goes; what is not there is no error.
  void white_out(std::string_view path);
  /// The same for all in a folder (`.wh..wh..opq`).
  void white_out_content(std::string_view path);

  /// Bounds a content before it is read. Errors: kExceeded.
  void expect_room(std::uint64_t more_bytes) const;

  /// All by path, a folder before what is in it. `first_path` is the first name of the same file,
  /// which a later name is a hard link to.
  using Visit = std::function<void(const std::string& path, const TreeNode& node,
                                   const std::string& first_path)>;
  void for_each(const Visit& visit) const;

  /// What has this path; null if nothing has.
  [[nodiscard]] const TreeNode* find(std::string_view path) const;

  [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  /// A name in the tree, and the layer it came with.
  struct Place {
    std::shared_ptr<TreeNode> node;
    unsigned layer = 0;
  };
  using Places = std::map<std::string, Place, std::less<>>;

  void make_parents(std::string_view path);
  void put(const std::string& path, std::shared_ptr<TreeNode> node);
  /// Removes what is below `path` and came with a layer below `before_layer`; true if nothing is
  /// left there.
  bool remove_below(std::string_view path, unsigned before_layer);

  TreeLimits limits_;
  bool is_layer_;
  Places places_;
  std::uint64_t total_bytes_ = 0;
  unsigned layer_ = 0;
};

}  // namespace workspace
