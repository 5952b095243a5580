#include "libworkspace/image/archive_source.h"

#include <archive.h>
#include <archive_entry.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// An archive's block is 512 bytes; larger reads cost fewer calls.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

EntryType type_of(archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return EntryType::kHardLink;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::kFile;
    case AE_IFDIR:
      return EntryType::kFolder;
    case AE_IFLNK:
      return EntryType::kSymlink;
    case AE_IFIFO:
      return EntryType::kFifo;
    case AE_IFSOCK:
      return EntryType::kSocket;
    case AE_IFCHR:
      return ::archive_entry_rdev(entry) == 0 ? EntryType::kWhiteout : EntryType::kDevice;
    default:
      return EntryType::kDevice;
  }
}

void add_xattrs(TreeEntry& to, archive_entry* entry) {
  ::archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (::archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    to.xattrs.emplace_back(name, std::string(static_cast<const char*>(value), size));
}

}  // namespace

struct ArchiveSource::State {
  std::unique_ptr<::archive, decltype(&::archive_read_free)> handle{::archive_read_new(),
                                                                    &::archive_read_free};
  std::string name;

  [[noreturn]] void refuse() const {
    std::string why = printable(text_or_empty(::archive_error_string(handle.get())), 256);
    const bool ended = why.find("runcated") != std::string::npos ||
                       why.find("nexpected end") != std::string::npos ||
                       why.find("remature end") != std::string::npos;
    if (ended) throw Error(ErrorKind::kNotFound, name + " ends early: it is truncated");
    if (why.empty()) why = "it is damaged";
    throw Error(ErrorKind::kInvalid, name + " cannot be read as an archive: " + why);
  }
  void check(long status) const {
    // A warning tells of a name or attribute that could not be translated; it is taken as it is.
    if (status < ARCHIVE_WARN) refuse();
  }
};

ArchiveSource::ArchiveSource(int fd, std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  ::archive* const handle = state_->handle.get();
  if (handle == nullptr) throw Error(ErrorKind::kHost, "libarchive has no memory");
  ::archive_read_support_filter_all(handle);
  // What a root file system comes in, and nothing that needs a foreign program or a seek.
  ::archive_read_support_format_tar(handle);
  ::archive_read_support_format_empty(handle);
  state_->check(::archive_read_open_fd(handle, fd, kReadBytes));
}

ArchiveSource::~ArchiveSource() = default;

std::optional<TreeEntry> ArchiveSource::next() {
  archive_entry* entry = nullptr;
  const int status = ::archive_read_next_header(state_->handle.get(), &entry);
  if (status == ARCHIVE_EOF) return std::nullopt;
  state_->check(status);
  TreeEntry found;
  found.path = text_or_empty(::archive_entry_pathname(entry));
  found.type = type_of(entry);
  found.mode = ::archive_entry_perm(entry);
  found.uid = static_cast<std::uint64_t>(::archive_entry_uid(entry));
  found.gid = static_cast<std::uint64_t>(::archive_entry_gid(entry));
  found.mtime_s = ::archive_entry_mtime(entry);
  found.target = found.type == EntryType::kHardLink ? text_or_empty(::archive_entry_hardlink(entry))
                                                    : text_or_empty(::archive_entry_symlink(entry));
  if (found.type == EntryType::kFile)
    found.size_bytes = static_cast<std::uint64_t>(::archive_entry_size(entry));
  add_xattrs(found, entry);
  return found;
}

std::size_t ArchiveSource::read(std::span<char> buffer) {
  const la_ssize_t got = ::archive_read_data(state_->handle.get(), buffer.data(), buffer.size());
  state_->check(got);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

}  // namespace workspace
