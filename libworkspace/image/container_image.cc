#include "libworkspace/image/container_image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// A fixed name, so that the next import there clears what a killed one left.
std::string make_work_path(const std::string& work_folder, const SandboxLimits& limits) {
  std::string path = work_folder + "/.partial-layers";
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw_errno("removing " + path, error.value());
  if (::mkdir(path.c_str(), 0700) != 0) throw_errno("making the folder " + path);
  const auto user = sandboxed({"true"}, limits).credentials;
  if (user && ::chown(path.c_str(), user->uid, user->gid) != 0)
    throw_errno("giving the folder " + path + " to the sandbox");
  return path;
}

/// A layout that is a folder becomes one file, which the sandbox needs no way to.
UniqueFd pack_layout(const ImportSource& source, const SandboxLimits& limits,
                     const std::string& work_folder, Deadline deadline) {
  UniqueFd packed = make_work_file(work_folder);
  Command tar;
  tar.argv = {"tar", "--create", "--file=-", "--directory=" + source.path, "."};
  Command keep = sandboxed({"dd", "bs=1M", "status=none", "of=" + path_of(packed)}, limits);
  keep.kept_fds = {packed.get()};
  for (const auto& result : run_pipeline({tar, keep}, deadline)) {
    if (result.exit_status != 0) {
      throw Error(ErrorKind::kHost,
                  "reading " + source.name + ": " + printable(result.error_output, 256));
    }
  }
  return packed;
}

/// Gives a work file a name: skopeo asks for the names behind its links.
void link_at(const UniqueFd& file, const std::string& path) {
  if (::linkat(AT_FDCWD, path_of(file).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0)
    throw_errno("making " + path);
}

/// What skopeo says last, without the frame of its log: time="…" level=fatal msg="…".
std::string reason_of(const std::string& log) {
  const auto at = log.rfind("msg=\"");
  std::string reason = at == std::string::npos ? log : log.substr(at + 5);
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == '"')) reason.pop_back();
  return printable(reason, 256);
}

}  // namespace

ContainerLayers::ContainerLayers(const ImportSource& source, const SandboxLimits& limits,
                                 const std::string& work_folder, Deadline deadline)
    : path_(make_work_path(work_folder, limits)) {
  const bool is_layout = source.transport == "oci";
  const UniqueFd file =
      is_layout ? pack_layout(source, limits, work_folder, deadline)
                : copy_to_work_file(source.fd, 0, source.size_bytes, work_folder, source.name);
  link_at(file, path_ + "/source");
  Command skopeo =
      sandboxed({"skopeo", "--insecure-policy", "--tmpdir", path_, "--override-os", "linux",
                 "--override-arch", "amd64", "copy", "--quiet",
                 (is_layout ? "oci-archive" : source.transport) + ":" + path_ + "/source",
                 "dir:" + path_ + "/image"},
                limits);
  skopeo.environment = {"HOME=" + path_, "TMPDIR=" + path_, "XDG_RUNTIME_DIR=" + path_};
  const auto result = run_command(skopeo, deadline);
  if (result.exit_status != 0) {
    const std::string why = reason_of(result.error_output);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    throw Error(ErrorKind::kInvalid, source.name + " cannot be read as a container image: " + why);
  }
  folder_.reset(
      ::open((path_ + "/image").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!folder_.valid()) throw_errno("opening " + path_ + "/image");
}

ContainerLayers::~ContainerLayers() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace workspace
