#include "libworkspace/base/unfinished_file.h"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

void remove_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
}

}  // namespace

void remove_unfinished(const std::string& path) {
  const std::string::size_type slash = path.rfind('/');
  const std::string folder = path.substr(0, slash);
  const std::string beginning = path.substr(slash + 1) + kUnfinished;
  const std::unique_ptr<DIR, int (*)(DIR*)> names(::opendir(folder.c_str()), &::closedir);
  if (!names && errno != ENOENT) throw_errno("listing " + folder);
  while (const dirent* entry = names ? ::readdir(names.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name.starts_with(beginning)) remove_file(folder, name);
  }
}

}  // namespace workspace
