/// Slurm's Prolog, which every job of the cluster passes: a job without a workspace leaves after a
/// look at one variable. The others go on as boot-workspace, whose sixty libraries cost a job that
/// needs none of them more than this whole program does.

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "build_paths.h"
#include "libworkspace/base/error.h"

namespace workspace {
namespace {

int prolog(int, char**) {
  if (std::getenv("SPANK_WORKSPACE") == nullptr) return 0;
  const std::string program = std::string(build_paths::kLibexecDir) + "/boot-workspace";
  ::execl(program.c_str(), program.c_str(), nullptr);
  throw_errno("starting " + program);
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace prolog", workspace::prolog, argc, argv);
}
