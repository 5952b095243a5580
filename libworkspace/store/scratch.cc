#include "libworkspace/store/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

/// No journal and no reserve for root: the file system lives no longer than its job. Nothing of the
/// file is written yet, so all of it reads as zeros and neither mke2fs nor the guest's kernel needs
/// to write them.
Command make_file_system(const std::string& path) {
  return {.argv = {"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-O",
                   "^has_journal,^resize_inode", "-E",
                   "nodiscard,lazy_itable_init=1,assume_storage_prezeroed=1", path},
          .environment = {},
          .credentials = {},
          .kept_fds = {}};
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
}

}  // namespace

std::string ScratchDisks::create(JobId job, std::uint64_t size_mib, DiskSpace space,
                                 Deadline deadline) const {
  // QEMU need not run as root, but must be able to walk to the file it is given.
  make_trusted_folder(folder_, 0711);
  check_free_space(space);
  const std::string name = scratch_file_name(job);
  std::string path = folder_ + "/" + name;
  if (::access(path.c_str(), F_OK) == 0) {
    throw Error(ErrorKind::kHost, "scratch disk " + path +
                                      " is there already; an earlier run of the job was not ended");
  }
  PartialFile partial(folder_, name);
  if (::ftruncate(partial.fd(), static_cast<off_t>(size_mib << 20)) != 0)
    throw_errno("making the scratch disk " + partial.path());
  if (space == DiskSpace::kReserved) reserve(partial.fd(), size_mib);
  check_command(make_file_system(partial.path()), deadline);
  // No sync: after a crash of the node the disk is removed, not used.
  partial.publish(0600);
  return path;
}

std::string ScratchDisks::path(JobId job) const { return folder_ + "/" + scratch_file_name(job); }

void ScratchDisks::remove(JobId job) const {
  const std::string name = scratch_file_name(job);
  remove_file(folder_ + "/" + name);
  remove_file(folder_ + "/" + std::string(PartialFile::kPrefix) + name);
}

std::vector<JobId> ScratchDisks::jobs() const {
  std::vector<JobId> jobs;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return jobs;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (name.starts_with(PartialFile::kPrefix)) name.erase(0, PartialFile::kPrefix.size());
    if (const auto job = job_of_scratch_file(name)) jobs.push_back(*job);
  }
  if (error) throw_errno("reading " + folder_, error.value());
  std::sort(jobs.begin(), jobs.end());
  jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  return jobs;
}

std::uint64_t ScratchDisks::free_mib() const {
  struct statvfs info {};
  if (::statvfs(folder_.c_str(), &info) != 0) throw_errno("reading the free space of " + folder_);
  return (info.f_bavail * info.f_frsize) >> 20;
}

/// What the disks that are there have taken.
std::uint64_t ScratchDisks::held_mib() const {
  std::uint64_t bytes = 0;
  for (const JobId job : jobs()) {
    struct stat info {};
    if (::stat(path(job).c_str(), &info) == 0)
      bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return bytes >> 20;
}

/// What the disks of other jobs have reserved is not the node's fault.
void ScratchDisks::check_free_space(DiskSpace space) const {
  const std::uint64_t free = free_mib();
  const std::uint64_t reserved = space == DiskSpace::kReserved ? held_mib() : 0;
  if (free + reserved >= min_free_mib_) return;
  throw Error(ErrorKind::kHost, "scratch space " + folder_ + " is full: " + std::to_string(free) +
                                    " MiB are free, at least " + std::to_string(min_free_mib_) +
                                    " MiB are needed");
}

/// fallocate(2), whose space reads as zeros. The look before it is for the margin alone: of two
/// jobs that reserve at once, both may see the space that one of them has.
void ScratchDisks::reserve(int fd, std::uint64_t size_mib) const {
  if (size_mib == 0) return;
  if (free_mib() < size_mib + min_free_mib_) refuse(size_mib);
  if (::fallocate(fd, 0, 0, static_cast<off_t>(size_mib << 20)) == 0) return;
  if (errno == ENOSPC) refuse(size_mib);
  if (errno != EOPNOTSUPP) throw_errno("reserving a scratch disk's space in " + folder_);
  log_warning("the file system of " + folder_ + " cannot reserve space for a scratch disk");
}

void ScratchDisks::refuse(std::uint64_t size_mib) const {
  const std::uint64_t free = free_mib();
  const std::string disk = "a scratch disk of " + format_size_mib(size_mib);
  if (free + held_mib() >= size_mib + min_free_mib_) {
    throw Error(ErrorKind::kBusy, disk + " does not fit beside those of the jobs that run here: " +
                                      format_size_mib(free) + " are free");
  }
  throw Error(ErrorKind::kExceeded, disk + " is more than this node has: " + format_size_mib(free) +
                                        " are free; ask for less with --workspace-disk");
}

}  // namespace workspace
