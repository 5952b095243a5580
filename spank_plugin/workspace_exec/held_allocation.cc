#include "spank_plugin/workspace_exec/held_allocation.h"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "libworkspace/base/fd.h"

namespace workspace::exec {

int hold_allocation() {
  std::string variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.append(*variable).push_back('\0');
  variables.push_back('\0');
  write_all(STDOUT_FILENO, variables, "telling the allocation");
  unsigned char status = 1;
  ssize_t got = -1;
  do {
    got = ::read(STDIN_FILENO, &status, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1 ? status : 1;
}

}  // namespace workspace::exec
