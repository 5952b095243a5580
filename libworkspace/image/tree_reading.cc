#include "libworkspace/image/tree_reading.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/oci_layers.h"
#include "libworkspace/image/tree_path.h"

namespace workspace {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

/// Takes a file's content as long as it is: a header that states less or more is a lie or the mark
/// of an input that ended early.
void read_content(EntrySource& source, const TreeEntry& entry, const TreeReading& how,
                  std::vector<char>& buffer) {
  std::uint64_t done = 0;
  for (;;) {
    const std::size_t got = source.read(buffer);
    if (got == 0) break;
    done += got;
    if (done > entry.size_bytes) break;
    const auto bytes = std::span<const char>(buffer).first(got);
    if (how.spool != nullptr) how.spool->append(bytes);
    if (how.watch) how.watch(entry, bytes);
  }
  if (done == entry.size_bytes) {
    if (how.watch) how.watch(entry, {});
    return;
  }
  throw Error(ErrorKind::kInvalid, "'" + printable(entry.path, 256) + "' does not have the " +
                                       std::to_string(entry.size_bytes) + " bytes that are stated");
}

bool apply_whiteout(FileTree& tree, const std::string& path) {
  const Whiteout whiteout = whiteout_of(path);
  if (whiteout.kind == Whiteout::Kind::kName) tree.white_out(whiteout.path);
  if (whiteout.kind == Whiteout::Kind::kFolderContent) tree.white_out_content(whiteout.path);
  return whiteout.kind != Whiteout::Kind::kNone;
}

/// overlayfs' notes on a file of a layer (the kernel's Documentation/filesystems/overlayfs.rst).
/// What would need another file to be read with it is refused: the guest's agent mounts without.
void take_overlay_notes(TreeEntry& entry) {
  static constexpr std::string_view kPrefix = "trusted.overlay.";
  for (const auto& [name, value] : entry.xattrs) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string note = name.substr(kPrefix.size());
    if (note == "opaque" && value == "y") {
      entry.opaque = entry.type == EntryType::kFolder;
    } else if (note != "origin" && note != "impure" && note != "nlink" && note != "upper" &&
               note != "uuid") {
      throw Error(ErrorKind::kInvalid, "'" + printable(entry.path, 256) + "' has the note '" +
                                           printable(note, 64) +
                                           "' of overlayfs', which no layer may have");
    }
  }
}

/// What an overlay's entry takes away of the layers below; true if it is no more than that.
bool apply_overlay(FileTree& tree, const TreeEntry& entry) {
  if (entry.opaque) tree.white_out_content(entry.path);
  if (entry.type != EntryType::kWhiteout) return false;
  tree.white_out(entry.path);
  return true;
}

}  // namespace

LeftOutCount read_tree(EntrySource& source, const TreeReading& how, FileTree& tree) {
  LeftOutCount count;
  std::vector<char> buffer(kBlockBytes);
  tree.begin_layer();
  while (auto entry = source.next()) {
    entry->path = tree_path(entry->path);
    if (how.left_out.matches(entry->path)) {
      ++count.entries;
      continue;
    }
    if (how.form == LayerForm::kOci && apply_whiteout(tree, entry->path)) continue;
    if (how.form == LayerForm::kOverlay || how.form == LayerForm::kKeptOverlay)
      take_overlay_notes(*entry);
    if (how.form == LayerForm::kOverlay && apply_overlay(tree, *entry)) continue;
    if (entry->type == EntryType::kSocket) {
      ++count.sockets;
      continue;
    }
    const bool content = entry->type == EntryType::kFile;
    if (!content) entry->size_bytes = 0;
    if (entry->type == EntryType::kHardLink && how.left_out.matches(tree_path(entry->target))) {
      throw Error(ErrorKind::kInvalid, "'" + printable(entry->path, 256) + "' is a hard link to '" +
                                           printable(entry->target, 256) +
                                           "', which is left out; leave out both or none");
    }
    tree.expect_room(entry->size_bytes);
    const std::uint64_t offset = how.spool == nullptr ? 0 : how.spool->end();
    if (content) read_content(source, *entry, how, buffer);
    tree.add(std::move(*entry), offset);
  }
  return count;
}

}  // namespace workspace
