#include "libworkspace/image/file_tree.h"

#include <algorithm>
#include <unordered_map>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/tree_path.h"

namespace workspace {
namespace {

constexpr std::uint64_t kMaxId = UINT32_MAX - 1;  // the last one means "none" to the kernel

[[noreturn]] void refuse(const TreeEntry& entry, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "'" + printable(entry.path, 256) + "' " + why);
}

/// The attributes that mean in a guest what they meant before: capabilities, and the users' own.
/// The others are a kernel's or a security module's notes on its own file system;
/// `trusted.overlay.*` would even steer the guest's overlay.
bool is_kept(const std::string& xattr) {
  return xattr == "security.capability" ||
         (xattr.starts_with("user.") && !xattr.starts_with("user.overlay."));
}

TreeEntry implied_folder(std::string path) {
  TreeEntry folder;
  folder.path = std::move(path);
  folder.type = EntryType::kFolder;
  folder.mode = 0755;
  return folder;
}

void check(const TreeEntry& entry, bool is_layer) {
  const bool device = entry.type == EntryType::kDevice || entry.type == EntryType::kWhiteout;
  if (device && !(is_layer && entry.type == EntryType::kWhiteout))
    refuse(entry, "is a device, which an image may not hold; leave it out with --exclude");
  if (entry.uid > kMaxId || entry.gid > kMaxId)
    refuse(entry, "belongs to a user or group of more than 32 bits");
  if (entry.path.empty() && entry.type != EntryType::kFolder)
    refuse(entry, "is the tree's root but no folder");
  if (entry.type == EntryType::kSymlink && (entry.target.empty() || entry.target.size() > 4095))
    refuse(entry, "is a symbolic link without a usable target");
}

}  // namespace

void FileTree::add(TreeEntry entry, std::uint64_t spool_offset) {
  check(entry, is_layer_);
  std::erase_if(entry.xattrs, [](const auto& xattr) { return !is_kept(xattr.first); });
  std::sort(entry.xattrs.begin(), entry.xattrs.end());
  entry.mode &= 07777;
  const std::string path = entry.path;
  if (entry.type == EntryType::kHardLink) {
    const auto target = places_.find(tree_path(entry.target));
    if (target == places_.end() || target->second.node->entry.type == EntryType::kFolder ||
        target->second.node->entry.type == EntryType::kWhiteout) {
      refuse(entry, "is a hard link to '" + printable(entry.target, 256) +
                        "', which is no file before it in the tree");
    }
    if (target->first == path) return;
    // Kept alive while its own name may be taken away.
    put(path, std::shared_ptr<TreeNode>(target->second.node));
    return;
  }
  expect_room(entry.size_bytes);
  total_bytes_ += entry.size_bytes;
  put(path, std::make_shared<TreeNode>(TreeNode{std::move(entry), spool_offset}));
}

void FileTree::put(const std::string& path, std::shared_ptr<TreeNode> node) {
  make_parents(path);
  if (node->entry.type != EntryType::kFolder) (void)remove_below(path, layer_ + 1);
  places_.insert_or_assign(path, Place{std::move(node), layer_});
  if (places_.size() > limits_.max_entries) {
    throw Error(ErrorKind::kExceeded,
                "there are more than " + std::to_string(limits_.max_entries) + " files");
  }
}

void FileTree::make_parents(std::string_view path) {
  if (path.empty()) return;
  const std::string_view parent = parent_path(path);
  const auto found = places_.find(parent);
  if (found != places_.end()) {
    if (found->second.node->entry.type == EntryType::kFolder) return;
    throw Error(ErrorKind::kInvalid, "'" + printable(path, 256) + "' lies below '" +
                                         printable(parent, 256) + "', which is no folder");
  }
  make_parents(parent);
  const std::string name(parent);
  places_.emplace(name,
                  Place{std::make_shared<TreeNode>(TreeNode{implied_folder(name), 0}), layer_});
}

bool FileTree::remove_below(std::string_view path, unsigned before_layer) {
  bool all_gone = true;
  const std::string prefix = path.empty() ? std::string() : std::string(path) + "/";
  auto at = places_.lower_bound(prefix);
  while (at != places_.end() && at->first.starts_with(prefix)) {
    const bool gone = at->second.layer < before_layer && !at->first.empty();
    all_gone = all_gone && gone;
    if (gone)
      at = places_.erase(at);
    else
      ++at;
  }
  return all_gone;
}

void FileTree::white_out(std::string_view path) {
  const auto found = places_.find(path);
  if (path.empty() || found == places_.end()) return;
  if (remove_below(path, layer_) && found->second.layer < layer_) places_.erase(found);
}

void FileTree::white_out_content(std::string_view path) { (void)remove_below(path, layer_); }

void FileTree::expect_room(std::uint64_t more_bytes) const {
  if (more_bytes <= limits_.max_bytes && total_bytes_ <= limits_.max_bytes - more_bytes) return;
  throw Error(ErrorKind::kExceeded, "the files hold more than " +
                                        std::to_string(limits_.max_bytes >> 20) +
                                        " MiB; if that is meant, raise --max-size");
}

const TreeNode* FileTree::find(std::string_view path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : found->second.node.get();
}

void FileTree::for_each(const Visit& visit) const {
  std::unordered_map<const TreeNode*, const std::string*> first;
  for (const auto& [path, place] : places_)
    visit(path, *place.node, *first.emplace(place.node.get(), &path).first->second);
}

}  // namespace workspace
