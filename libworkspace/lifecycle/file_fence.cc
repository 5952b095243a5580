#include "libworkspace/lifecycle/file_fence.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "libworkspace/base/error.h"

// Of kernels newer than the oldest headers that this is built with.
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

namespace workspace {
namespace {

constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kWriting =
    kReading | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
/// All rights of the first version; later ones add a bit each.
constexpr std::uint64_t kFirstRights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

/// What this kernel can forbid (landlock(7), "ABI versions").
std::uint64_t known_rights() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    throw Error(ErrorKind::kDenied,
                "a single file can be mounted only where the node's kernel has Landlock, which it "
                "has not; mount the file's folder");
  }
  return kFirstRights | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
         (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

}  // namespace

UniqueFd make_file_fence(const std::vector<FencedFile>& files) {
  struct landlock_ruleset_attr all {};
  all.handled_access_fs = known_rights();
  UniqueFd fence(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
  if (!fence.valid()) throw_errno("making a fence of files");
  for (const auto& fenced : files) {
    struct landlock_path_beneath_attr rule {};
    rule.parent_fd = fenced.file.get();
    rule.allowed_access =
        (fenced.rights == FenceRights::kWrite ? kWriting : kReading) & all.handled_access_fs;
    if (::syscall(SYS_landlock_add_rule, fence.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
      throw_errno("fencing a file");
  }
  return fence;
}

}  // namespace workspace
