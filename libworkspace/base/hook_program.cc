#include "libworkspace/base/hook_program.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// Slurm's own deadline (PrologEpilogTimeout) is for both runs together: a first run that took
/// longer than this has none after it.
constexpr std::chrono::seconds kLongestFirstRun(60);

[[noreturn]] void become(const std::string& program) {
  ::execl(program.c_str(), program.c_str(), nullptr);
  throw_errno("starting " + program);
}

/// The wait status. Without a process to spare this one becomes the program, and is not seen to
/// end.
int run_once(const std::string& program) {
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) become(program);
  if (child == 0) {
    // Nobody would wait for it: Slurm takes the hook's end for the program's.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != self) ::_exit(EX_SOFTWARE);
    become(program);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waiting for " + program);
  }
  return status;
}

/// Nothing where it ended well, or for a reason that the next run would have again.
std::string passing_fault(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == EX_OSERR || code == EX_SOFTWARE) return "failed";
  return "";
}

}  // namespace

int run_hook_program(const std::string& program) {
  const Deadline deadline = Deadline::in(kLongestFirstRun);
  int status = run_once(program);
  const std::string fault = passing_fault(status);
  if (!fault.empty() && !deadline.passed()) {
    std::fprintf(stderr, "workspace: %s %s; it is run once more\n", program.c_str(), fault.c_str());
    status = run_once(program);
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace workspace
