#include "guest/batch_script.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "guest/files.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// Makes what is missing of the folder, following no link, so that it cannot be led astray.
void make_script_folder(const std::string& folder, const User& user) {
  UniqueFd at(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  bool made_last = false;
  for (const auto& part : split(folder, '/')) {
    if (part.empty()) continue;
    made_last = ::mkdirat(at.get(), part.c_str(), 0755) == 0;
    at =
        UniqueFd(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!at.valid()) throw_guest_errno("opening the batch script's folder " + folder);
  }
  if (made_last && ::geteuid() == 0 && ::fchown(at.get(), user.uid, user.gid) != 0)
    throw_guest_errno("giving " + folder + " to its user");
}

}  // namespace

void write_batch_script(const std::string& path, const std::string& content, const User& user) {
  make_script_folder(path.substr(0, path.rfind('/')), user);
  const ActingAs acting(user);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    throw_guest_errno("replacing the batch script " + path);
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0700));
  if (!fd.valid()) throw_guest_errno("creating the batch script " + path);
  write_all(fd.get(), content, "writing the batch script " + path);
  if (::fchmod(fd.get(), 0700) != 0) throw_guest_errno("setting the mode of " + path);
}

}  // namespace workspace::agent
