#include "guest/cgroups.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest/files.h"
#include "guest/report.h"
#include "libworkspace/base/fd.h"

namespace workspace::agent {
namespace {

std::string& folder() {
  static std::string path;
  return path;
}

}  // namespace

void mount_cgroups(const std::string& path) {
  make_folders(path);
  if (::mount("cgroup2", path.c_str(), "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "") == 0)
    folder() = path;
  else
    report("this kernel has no cgroup2: background processes may outlive their task");
}

const std::string& cgroups_folder() { return folder(); }

bool write_cgroup_control(const std::string& path, const char* text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.valid() && ::write(fd.get(), text, std::char_traits<char>::length(text)) > 0;
}

void enter_cgroup(const std::string& name) {
  if (folder().empty()) return;
  const std::string path = folder() + "/" + name;
  make_folders(path);
  if (!write_cgroup_control(path + "/cgroup.procs", "0")) throw_guest_errno("entering " + path);
}

}  // namespace workspace::agent
