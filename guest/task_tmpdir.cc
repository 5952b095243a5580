#include "guest/task_tmpdir.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

constexpr std::string_view kName = "TMPDIR=";
constexpr std::string_view kDefault = "TMPDIR=/tmp";

/// 0 if the folder is there now, else the errno.
int make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return 0;
  const int error = errno;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return error;
  return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
}

}  // namespace

std::string make_tmpdir(std::vector<std::string>& environment) {
  const auto variable = std::find_if(environment.begin(), environment.end(),
                                     [](const auto& text) { return text.starts_with(kName); });
  if (variable == environment.end()) {
    environment.emplace_back(kDefault);
    return "";
  }
  const std::string path = variable->substr(kName.size());
  const int error = make_folder(path);
  if (error == 0) return "";
  *variable = kDefault;
  return "cannot make TMPDIR '" + printable(path, 256) + "': " + std::strerror(error) +
         "; it is /tmp now";
}

}  // namespace workspace::agent
