#include "libworkspace/image/ext_source.h"

// C headers that name an enum's value as C++ names a type: they are kept to this file.
extern "C" {
#include <et/com_err.h>
}
#include <ext2fs/ext2fs.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// What an inode may hold in names before the walk is taken for a trap.
constexpr std::size_t kMaxFolderNames = 1'000'000;
constexpr unsigned kMaxDepth = 256;

struct CloseFileSystem {
  void operator()(ext2_filsys fs) const { ::ext2fs_free(fs); }
};
struct CloseFile {
  void operator()(ext2_file_t file) const { ::ext2fs_file_close(file); }
};
struct CloseXattrs {
  void operator()(ext2_xattr_handle* handle) const { ::ext2fs_xattrs_close(&handle); }
};
using FileSystemHandle = std::unique_ptr<struct_ext2_filsys, CloseFileSystem>;
using FileHandle = std::unique_ptr<ext2_file, CloseFile>;
using XattrsHandle = std::unique_ptr<ext2_xattr_handle, CloseXattrs>;

struct Name {
  std::string path;
  ext2_ino_t inode = 0;
  unsigned depth = 0;
};

EntryType type_of(const ext2_inode& inode) {
  if (LINUX_S_ISDIR(inode.i_mode)) return EntryType::kFolder;
  if (LINUX_S_ISREG(inode.i_mode)) return EntryType::kFile;
  if (LINUX_S_ISLNK(inode.i_mode)) return EntryType::kSymlink;
  if (LINUX_S_ISFIFO(inode.i_mode)) return EntryType::kFifo;
  if (LINUX_S_ISSOCK(inode.i_mode)) return EntryType::kSocket;
  // The two places of a device's number, in its old form and in its new one.
  const bool whiteout =
      LINUX_S_ISCHR(inode.i_mode) && inode.i_block[0] == 0 && inode.i_block[1] == 0;
  return whiteout ? EntryType::kWhiteout : EntryType::kDevice;
}

/// What the callback of ext2fs_dir_iterate2 adds to; it may not throw through the C code.
struct FolderWalk {
  const Name& folder;
  std::vector<Name>& names;
  bool too_many = false;
};

int add_name(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* data) {
  auto& walk = *static_cast<FolderWalk*>(data);
  const std::string_view name(entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry)));
  if (name == "." || name == "..") return 0;
  if (walk.names.size() >= kMaxFolderNames) {
    walk.too_many = true;
    return DIRENT_ABORT;
  }
  // A `/` in a name would be another path; tree_path of the whole refuses `..` alone.
  std::string path = walk.folder.path.empty() ? "" : walk.folder.path + "/";
  path += name.find('/') == std::string_view::npos ? std::string(name) : "..";
  walk.names.push_back({std::move(path), entry->inode, walk.folder.depth + 1});
  return 0;
}

int add_xattr(char* name, char* value, size_t size, void* data) {
  static_cast<TreeEntry*>(data)->xattrs.emplace_back(name, std::string(value, size));
  return 0;
}

}  // namespace

class ExtSource::State {
 public:
  State(const std::string& path, std::uint64_t offset_bytes, const std::string& folder,
        std::string name)
      : name_(std::move(name)) {
    const std::string options = "offset=" + std::to_string(offset_bytes);
    ext2_filsys fs = nullptr;
    const errcode_t opened =
        ::ext2fs_open2(path.c_str(), options.c_str(),
                       EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS, 0, 0, unix_io_manager, &fs);
    if (opened == EXT2_ET_SHORT_READ) throw_truncated();
    check(opened, "");
    fs_.reset(fs);
    check_holds_all_blocks(path, offset_bytes);
    if (ext2fs_has_feature_journal_needs_recovery(fs->super) != 0) {
      throw Error(ErrorKind::kInvalid, name_ +
                                           " was not unmounted: its journal holds what its files "
                                           "lack; run e2fsck on a copy of it first");
    }
    ext2_ino_t root = EXT2_ROOT_INO;
    if (!folder.empty())
      check(::ext2fs_namei(fs_.get(), root, root, folder.c_str(), &root), folder);
    waiting_.push_back({"", root, 0});
  }

  std::optional<TreeEntry> next() {
    file_.reset();
    if (waiting_.empty()) return std::nullopt;
    const Name at = waiting_.front();
    waiting_.pop_front();
    ext2_inode_large large{};
    auto& inode = reinterpret_cast<ext2_inode&>(large);
    check(::ext2fs_read_inode_full(fs_.get(), at.inode, &inode, sizeof large), at.path);
    TreeEntry entry = describe(at, inode);
    if (entry.type == EntryType::kFolder) {
      list(at);
    } else if (inode.i_links_count > 1 && entry.type != EntryType::kWhiteout) {
      const auto [first, is_first] = first_names_.emplace(at.inode, at.path);
      if (!is_first) {
        entry.type = EntryType::kHardLink;
        entry.target = first->second;
        entry.size_bytes = 0;
        return entry;
      }
    }
    if (entry.type == EntryType::kSymlink) entry.target = symlink_target(at, inode);
    if (entry.type == EntryType::kFile) open(at);
    add_xattrs(at, entry);
    return entry;
  }

  std::size_t read(std::span<char> buffer) {
    if (!file_) return 0;
    unsigned got = 0;
    const auto most = std::min<std::size_t>(buffer.size(), 1U << 30);
    check(::ext2fs_file_read(file_.get(), buffer.data(), static_cast<unsigned>(most), &got), "");
    return got;
  }

 private:
  [[noreturn]] void throw_truncated() const {
    throw Error(ErrorKind::kNotFound, name_ + " ends early: it is truncated");
  }

  /// The kernel does not mount a file system that is longer than its device either. Where all of it
  /// is there, a block beyond the end is damage.
  void check_holds_all_blocks(const std::string& path, std::uint64_t offset_bytes) const {
    blk64_t all_blocks = 0;
    check(::ext2fs_get_device_size2(path.c_str(), static_cast<int>(fs_->blocksize), &all_blocks),
          "");
    const std::uint64_t blocks_before = offset_bytes / fs_->blocksize;
    if (all_blocks < blocks_before + ext2fs_blocks_count(fs_->super)) throw_truncated();
  }

  void check(errcode_t status, const std::string& path) const {
    if (status == 0) return;
    const std::string why = printable(::error_message(status), 256);
    throw Error(ErrorKind::kInvalid, name_ + " cannot be read as ext4: " +
                                         (path.empty() ? "" : "'" + printable(path, 256) + "': ") +
                                         why);
  }

  static TreeEntry describe(const Name& at, const ext2_inode& inode) {
    TreeEntry entry;
    // tree_path takes no empty name; the root is `.`.
    entry.path = at.path.empty() ? "." : at.path;
    entry.type = type_of(inode);
    entry.mode = inode.i_mode & 07777U;
    entry.uid = inode_uid(inode);
    entry.gid = inode_gid(inode);
    entry.mtime_s = static_cast<std::int32_t>(inode.i_mtime);
    if (entry.type == EntryType::kFile) entry.size_bytes = EXT2_I_SIZE(&inode);
    return entry;
  }

  void list(const Name& at) {
    if (at.depth > kMaxDepth)
      throw Error(ErrorKind::kInvalid, name_ + " has folders more than 256 deep");
    std::vector<Name> names;
    FolderWalk walk{at, names};
    check(::ext2fs_dir_iterate2(fs_.get(), at.inode, 0, nullptr, &add_name, &walk), at.path);
    // The number of names bounds a folder that holds itself or its parent.
    if (walk.too_many ||
        waiting_.size() + names.size() > fs_->super->s_inodes_count + kMaxFolderNames)
      throw Error(ErrorKind::kInvalid, name_ + " has a folder without an end");
    std::sort(names.begin(), names.end(),
              [](const Name& a, const Name& b) { return a.path < b.path; });
    waiting_.insert(waiting_.begin(), names.begin(), names.end());
  }

  void open(const Name& at) {
    ext2_file_t file = nullptr;
    check(::ext2fs_file_open(fs_.get(), at.inode, 0, &file), at.path);
    file_.reset(file);
  }

  std::string symlink_target(const Name& at, const ext2_inode& inode) {
    const std::uint64_t size = EXT2_I_SIZE(&inode);
    if (size > 4095) throw Error(ErrorKind::kInvalid, name_ + ": a link is too long");
    if (::ext2fs_is_fast_symlink(const_cast<ext2_inode*>(&inode)) != 0)
      return {reinterpret_cast<const char*>(inode.i_block),
              std::min<std::size_t>(size, sizeof inode.i_block)};
    open(at);
    std::string target(size, '\0');
    target.resize(read(target));
    file_.reset();
    return target;
  }

  void add_xattrs(const Name& at, TreeEntry& entry) {
    ext2_xattr_handle* handle = nullptr;
    check(::ext2fs_xattrs_open(fs_.get(), at.inode, &handle), at.path);
    const XattrsHandle owner(handle);
    check(::ext2fs_xattrs_read(handle), at.path);
    check(::ext2fs_xattrs_iterate(handle, &add_xattr, &entry), at.path);
  }

  std::string name_;
  FileSystemHandle fs_;
  FileHandle file_;
  std::deque<Name> waiting_;  ///< depth first, so a folder comes before what is in it
  std::unordered_map<ext2_ino_t, std::string> first_names_;
};

ExtSource::ExtSource(const std::string& path, std::uint64_t offset_bytes, std::string name,
                     const std::string& folder)
    : state_(std::make_unique<State>(path, offset_bytes, folder, std::move(name))) {}

ExtSource::~ExtSource() = default;

std::optional<TreeEntry> ExtSource::next() { return state_->next(); }

std::size_t ExtSource::read(std::span<char> buffer) { return state_->read(buffer); }

}  // namespace workspace
