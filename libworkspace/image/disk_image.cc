#include "libworkspace/image/disk_image.h"

#include <strings.h>
#include <unistd.h>

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/partition_table.h"
#include "libworkspace/image/qcow2_header.h"
#include "libworkspace/image/tree_command.h"

namespace workspace {
namespace {

/// https://uapi-group.org/specifications/specs/discoverable_partitions_specification
constexpr char kLinuxRootX86[] = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";

enum class FileSystem { kNone, kExt, kSquashfs, kOther };

FileSystem file_system_at(int fd, std::uint64_t offset, const std::string& name) {
  const std::string head = read_at(fd, offset, 65'608, name);
  const auto has = [&](std::size_t at, std::string_view bytes) {
    return head.size() >= at + bytes.size() && head.compare(at, bytes.size(), bytes) == 0;
  };
  if (has(1080, "\x53\xef")) return FileSystem::kExt;
  if (has(0, "hsqs")) return FileSystem::kSquashfs;
  if (has(0, "XFSB") || has(65'600, "_BHRfS_M") || has(536, "LVM2 001")) return FileSystem::kOther;
  return FileSystem::kNone;
}

}  // namespace

UniqueFd raw_from_qcow2(const UniqueFd& file, std::uint64_t file_bytes, const std::string& name,
                        const SandboxLimits& limits, const std::string& work_folder,
                        Deadline deadline) {
  // A copy, for the header that was checked must be the header that qemu-img reads.
  (void)checked_qcow2_size(file.get(), limits.max_file_bytes, name);
  const UniqueFd copy = copy_to_work_file(file, 0, file_bytes, work_folder, name);
  const auto disk_bytes = checked_qcow2_size(copy.get(), limits.max_file_bytes, name);
  UniqueFd raw = make_work_file(work_folder);
  if (::ftruncate(raw.get(), static_cast<off_t>(disk_bytes)) != 0)
    throw_errno("making a work file for " + name);
  // Drivers and files are named one by one, so that nothing is probed and nothing else is opened.
  const auto file_of = [](const UniqueFd& fd) {
    return "file.driver=file,file.locking=off,file.filename=" + path_of(fd);
  };
  Command command = sandboxed(
      {"qemu-img", "convert", "-n", "--target-is-zero", "--image-opts", "--target-image-opts",
       "driver=qcow2," + file_of(copy), "driver=raw," + file_of(raw)},
      limits);
  command.kept_fds = {copy.get(), raw.get()};
  const auto result = run_command(command, deadline);
  if (result.exit_status != 0) {
    throw Error(ErrorKind::kInvalid, name + " cannot be read as qcow2: " +
                                         printable(last_line(result.error_output), 256));
  }
  return raw;
}

RootPartition find_root_partition(const UniqueFd& disk, std::uint64_t disk_bytes, unsigned wanted,
                                  const std::string& name, const SandboxLimits& limits,
                                  Deadline deadline) {
  const auto as_root = [&](const FileRange& range) -> std::optional<RootPartition> {
    const auto found = file_system_at(disk.get(), range.offset_bytes, name);
    if (found != FileSystem::kExt && found != FileSystem::kSquashfs) return std::nullopt;
    return RootPartition{range, found == FileSystem::kSquashfs};
  };
  if (const auto whole = as_root({0, disk_bytes})) return *whole;
  Command command = sandboxed({"sfdisk", "--json", path_of(disk)}, limits);
  command.kept_fds = {disk.get()};
  const auto result = run_command(command, deadline);
  if (result.exit_status != 0) {
    throw Error(ErrorKind::kInvalid, name + " has no partition table: " +
                                         printable(last_line(result.error_output), 256));
  }
  std::optional<RootPartition> only;
  unsigned candidates = 0;
  std::string listed;
  for (const auto& partition : parse_partitions(result.output, disk_bytes)) {
    const auto root = as_root(partition.range);
    if (wanted == partition.number) {
      if (root) return *root;
      throw Error(ErrorKind::kInvalid, name + ": partition " + std::to_string(wanted) +
                                           " holds no ext or squashfs file system; import the "
                                           "running machine (ssh:HOST)");
    }
    if (root && wanted == 0 && ::strcasecmp(partition.type.c_str(), kLinuxRootX86) == 0)
      return *root;
    if (!root) continue;
    ++candidates;
    only = root;
    listed += (listed.empty() ? "" : ", ") + std::to_string(partition.number) + " (" +
              std::to_string(partition.range.size_bytes >> 20) + " MiB)";
  }
  if (wanted != 0)
    throw Error(ErrorKind::kInvalid, name + " has no partition " + std::to_string(wanted));
  if (!only) {
    throw Error(ErrorKind::kInvalid,
                name +
                    " has no partition with an ext or squashfs file system; import the running "
                    "machine (ssh:HOST)");
  }
  if (candidates > 1) {
    throw Error(ErrorKind::kInvalid, name + " has several partitions that may be the root: " +
                                         listed + "; choose with --partition");
  }
  return *only;
}

}  // namespace workspace
