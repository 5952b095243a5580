#pragma once

#include <string>
#include <vector>

namespace workspace::agent {

/// Where a program was found, or the errno that says why not.
struct ProgramPath {
  std::string path;
  int error = 0;
};

/// Looks a name up as execvp(3) does, but in the PATH of the task's environment: a name with a
/// slash is a path. A file that may not be executed counts only if no other is found.
ProgramPath find_program(const std::string& name, const std::vector<std::string>& environment);

/// What a shell would say of a program that could not be executed.
std::string describe_failure(const std::string& name, int error_number);

}  // namespace workspace::agent
