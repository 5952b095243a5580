#include "libworkspace/image/sandbox.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// An index of four million names is the largest thing that one of them holds; skopeo, in Go, maps
/// far more than it uses. AddressSanitizer maps terabytes for its shadow, so tests that are built
/// with it run without the bound.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kMaxMemoryBytes = 0;
#else
constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{8} << 30;
#endif
constexpr unsigned kMaxCpuS = 6 * 3600;

/// Root steps down; anybody else has nothing to step down from.
std::optional<Credentials> sandbox_user() {
  if (::geteuid() != 0) return std::nullopt;
  const struct passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr) throw Error(ErrorKind::kHost, "this machine has no user 'nobody'");
  return Credentials{nobody->pw_uid, nobody->pw_gid, {}};
}

}  // namespace

Command sandboxed(std::vector<std::string> argv, const SandboxLimits& limits) {
  Command command;
  command.argv = std::move(argv);
  command.credentials = sandbox_user();
  command.isolated = true;
  command.max_memory_bytes = kMaxMemoryBytes;
  command.max_cpu_s = kMaxCpuS;
  command.max_file_bytes = limits.max_file_bytes;
  return command;
}

UniqueFd make_work_file(const std::string& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid()) throw_errno("making a work file in " + folder);
  give_to_sandbox(fd, "a work file in " + folder);
  return fd;
}

void give_to_sandbox(const UniqueFd& file, const std::string& name) {
  const auto user = sandbox_user();
  if (user && ::fchown(file.get(), user->uid, user->gid) != 0)
    throw_errno("giving " + name + " to the sandbox");
}

std::string path_of(const UniqueFd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

UniqueFd copy_to_work_file(const UniqueFd& source, std::uint64_t offset_bytes,
                           std::uint64_t size_bytes, const std::string& folder,
                           const std::string& name) {
  constexpr std::uint64_t kStepBytes = std::uint64_t{64} << 20;
  const std::string doing = "copying " + name + " to " + folder;
  UniqueFd copy = make_work_file(folder);
  auto at = static_cast<off_t>(offset_bytes);
  for (std::uint64_t left = size_bytes; left > 0;) {
    const ssize_t got = ::sendfile(copy.get(), source.get(), &at, std::min(left, kStepBytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(doing);
    if (got == 0) throw Error(ErrorKind::kNotFound, name + " ends early: it is truncated");
    left -= static_cast<std::uint64_t>(got);
  }
  return copy;
}

}  // namespace workspace
