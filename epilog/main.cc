/// Slurm's Epilog, which every job of the cluster passes: one whose workspace has no folder on this
/// node leaves after one stat(2). What it asked for does not matter here, only what is there. For
/// the others end-workspace does the work, which has the libraries that this takes.

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/hook_program.h"
#include "libworkspace/model/job_names.h"

namespace workspace {
namespace {

bool may_have_workspace() {
  const char* const text = std::getenv("SLURM_JOB_ID");
  const auto job = parse_job_id(text == nullptr ? "" : text);
  if (!job) return true;  // end-workspace says what is wrong
  struct stat info {};
  return ::stat(job_folder(build_paths::kRuntimeDir, *job).c_str(), &info) == 0 || errno != ENOENT;
}

int epilog(int, char**) {
  if (!may_have_workspace()) return 0;
  return run_hook_program(std::string(build_paths::kLibexecDir) + "/end-workspace");
}

}  // namespace
}  // namespace workspace

int main(int argc, char** argv) {
  return workspace::main_guard("workspace epilog", workspace::epilog, argc, argv);
}
