#include "guest/program_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

constexpr char kDefaultPath[] = "/usr/local/bin:/usr/bin:/bin";

std::string path_variable(const std::vector<std::string>& environment) {
  constexpr std::string_view kName = "PATH=";
  for (const auto& variable : environment) {
    if (variable.starts_with(kName)) return variable.substr(kName.size());
  }
  return kDefaultPath;
}

/// 0 if the file can be executed, else the errno.
int executable_error(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

ProgramPath find_program(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return {name, executable_error(name)};
  bool forbidden = false;
  for (const auto& folder : split(path_variable(environment), ':')) {
    // An empty part of PATH is the working directory.
    const std::string path = (folder.empty() ? "." : folder) + "/" + name;
    const int error = executable_error(path);
    if (error == 0) return {path, 0};
    forbidden = forbidden || error == EACCES;
  }
  // slurmstepd takes the name for a path then.
  if (!forbidden && executable_error(name) == 0) return {name, 0};
  return {"", forbidden ? EACCES : ENOENT};
}

std::string describe_failure(const std::string& name, int error_number) {
  const bool bare = name.find('/') == std::string::npos;
  if (bare && error_number == ENOENT) return printable(name) + ": command not found";
  return printable(name) + ": " + std::strerror(error_number);
}

}  // namespace workspace::agent
