#include "libworkspace/lifecycle/job_initrd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"

namespace workspace {
namespace {

constexpr unsigned kFolderMode = S_IFDIR | 0755;
constexpr std::size_t kAlignment = 4;

void pad(std::string& bytes) { bytes.resize((bytes.size() + kAlignment - 1) & ~(kAlignment - 1)); }

void append_member(std::string& archive, std::string_view name, std::string_view content,
                   unsigned mode, unsigned inode) {
  char header[111];
  // Magic, then inode, mode, uid, gid, links, mtime, size, device ×2, rdev ×2, name size, check.
  std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
                inode, mode, 0U, 0U, 1U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
                static_cast<unsigned>(name.size() + 1), 0U);
  archive += header;
  archive += name;
  archive += '\0';
  pad(archive);
  archive += content;
  pad(archive);
}

void copy_file(int from, int to, const std::string& what) {
  for (;;) {
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, 1U << 30, 0);
    if (copied == 0) return;
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP) throw_errno(what);
    // Between file systems the bytes go through us.
    std::string bytes(1U << 16, '\0');
    for (ssize_t got = 1; got != 0;) {
      got = ::read(from, bytes.data(), bytes.size());
      if (got < 0 && errno != EINTR) throw_errno(what);
      if (got > 0)
        write_all(to, std::string_view(bytes).substr(0, static_cast<std::size_t>(got)), what);
    }
    return;
  }
}

}  // namespace

std::string cpio_archive(std::string_view name, std::string_view content, unsigned mode) {
  std::string archive;
  unsigned inode = 1;
  for (auto slash = name.find('/'); slash != std::string_view::npos;
       slash = name.find('/', slash + 1))
    append_member(archive, name.substr(0, slash), "", kFolderMode, inode++);
  append_member(archive, name, content, S_IFREG | mode, inode);
  append_member(archive, "TRAILER!!!", "", 0, 0);
  return archive;
}

void write_job_initrd(const std::string& site_initrd, const GuestConfig& config,
                      const std::string& path) {
  const UniqueFd from(::open(site_initrd.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from.valid()) throw_errno("opening the initrd " + site_initrd);
  ::unlink(path.c_str());
  const UniqueFd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to.valid()) throw_errno("creating " + path);
  copy_file(from.get(), to.get(), "copying the initrd to " + path);
  const off_t size = ::lseek(to.get(), 0, SEEK_END);
  if (size < 0) throw_errno("writing " + path);
  const auto tail = static_cast<std::size_t>(size) % kAlignment;
  std::string archive(tail == 0 ? 0 : kAlignment - tail, '\0');
  archive += cpio_archive(GuestConfig::kArchiveName, config.to_lines(), 0600);
  write_all(to.get(), archive, "writing " + path);
}

std::string job_initrd_path(const std::string& scratch_folder, JobId job) {
  return scratch_folder + "/" + job.to_string() + ".initrd";
}

void remove_job_initrd(const std::string& scratch_folder, JobId job) {
  const std::string path = job_initrd_path(scratch_folder, job);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
}

}  // namespace workspace
