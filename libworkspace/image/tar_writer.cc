#include "libworkspace/image/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

using ArchiveHandle = std::unique_ptr<archive, decltype(&::archive_write_free)>;
using EntryHandle = std::unique_ptr<archive_entry, decltype(&::archive_entry_free)>;

void check(archive* handle, long status) {
  if (status >= ARCHIVE_WARN) return;
  const char* why = ::archive_error_string(handle);
  throw Error(ErrorKind::kHost, "writing the tree: " + printable(why == nullptr ? "?" : why, 256));
}

unsigned file_type(EntryType type) {
  switch (type) {
    case EntryType::kFolder:
      return AE_IFDIR;
    case EntryType::kSymlink:
      return AE_IFLNK;
    case EntryType::kFifo:
      return AE_IFIFO;
    case EntryType::kWhiteout:
      return AE_IFCHR;
    default:
      return AE_IFREG;
  }
}

class TarWriter {
 public:
  explicit TarWriter(int fd) : handle_(::archive_write_new(), &::archive_write_free) {
    if (!handle_) throw Error(ErrorKind::kHost, "libarchive has no memory");
    archive* const handle = handle_.get();
    check(handle, ::archive_write_set_format_pax_restricted(handle));
    // Names are bytes, whatever alphabet an old machine wrote them in.
    check(handle, ::archive_write_set_options(handle, "hdrcharset=BINARY"));
    check(handle, ::archive_write_set_bytes_per_block(handle, kBlockBytes));
    // No padding: a reader that stops at the end mark would leave us a broken pipe.
    check(handle, ::archive_write_set_bytes_in_last_block(handle, 1));
    check(handle, ::archive_write_open_fd(handle, fd));
  }

  void add(const std::string& path, const TreeNode& node, const std::string& first_path,
           std::int64_t newest_mtime_s, const Spool& spool) {
    const TreeEntry& from = node.entry;
    const bool again = path != first_path;
    const EntryHandle entry(::archive_entry_new(), &::archive_entry_free);
    archive_entry* const to = entry.get();
    ::archive_entry_copy_pathname(to, path.empty() ? "./" : path.c_str());
    ::archive_entry_set_filetype(to, file_type(from.type));
    ::archive_entry_set_perm(to, from.mode);
    ::archive_entry_set_uid(to, static_cast<la_int64_t>(from.uid));
    ::archive_entry_set_gid(to, static_cast<la_int64_t>(from.gid));
    // squashfs has 32 bits for a time, and none before 1970.
    const auto mtime_s = std::clamp<std::int64_t>(
        from.mtime_s, 0, std::min<std::int64_t>(newest_mtime_s, UINT32_MAX));
    ::archive_entry_set_mtime(to, mtime_s, 0);
    if (again) ::archive_entry_copy_hardlink(to, first_path.c_str());
    if (from.type == EntryType::kSymlink && !again)
      ::archive_entry_copy_symlink(to, from.target.c_str());
    const bool content = from.type == EntryType::kFile && !again;
    ::archive_entry_set_size(to, content ? static_cast<la_int64_t>(from.size_bytes) : 0);
    if (!again) {
      for (const auto& [name, value] : from.xattrs)
        ::archive_entry_xattr_add_entry(to, name.c_str(), value.data(), value.size());
    }
    if (from.opaque) ::archive_entry_xattr_add_entry(to, "trusted.overlay.opaque", "y", 1);
    if (from.type == EntryType::kWhiteout) ::archive_entry_set_rdev(to, 0);
    check(handle_.get(), ::archive_write_header(handle_.get(), to));
    if (content) add_content(node, spool);
  }

  void finish() { check(handle_.get(), ::archive_write_close(handle_.get())); }

 private:
  void add_content(const TreeNode& node, const Spool& spool) {
    std::uint64_t done = 0;
    while (done < node.entry.size_bytes) {
      const std::span<char> block(
          buffer_.data(), std::min<std::uint64_t>(buffer_.size(), node.entry.size_bytes - done));
      spool.read(node.spool_offset + done, block);
      check(handle_.get(), ::archive_write_data(handle_.get(), block.data(), block.size()));
      done += block.size();
    }
  }

  ArchiveHandle handle_;
  std::vector<char> buffer_ = std::vector<char>(kBlockBytes);
};

}  // namespace

void write_tar(const FileTree& tree, const Spool& spool, std::int64_t newest_mtime_s, int fd) {
  TarWriter writer(fd);
  tree.for_each([&](const std::string& path, const TreeNode& node, const std::string& first_path) {
    writer.add(path, node, first_path, newest_mtime_s, spool);
  });
  writer.finish();
}

}  // namespace workspace
