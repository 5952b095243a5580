/// Slurm's Prolog, which every job of the cluster passes: a job without a workspace leaves after a
/// look at one variable. For the others boot-workspace does the work, whose sixty libraries cost a
/// job that needs none of them more than this whole program does.

#include <cstdlib>
#include <string>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/hook_program.h"

namespace workspace {
namespace {

int prolog(int, char**) {
  if (std::getenv("SPANK_WORKSPACE") == nullptr) return 0;
  return run_hook_program(std::string(build_paths::kLibexecDir) + "/boot-workspace");
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace prolog", workspace::prolog, argc, argv);
}
