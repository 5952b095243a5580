/// end-out-of-memory JOB: ends the job by the state OUT_OF_MEMORY, with the rights of the caller.
/// workspace-exec, which is linked statically, starts it when a batch script's VM ran out of
/// memory.

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "libworkspace/base/error.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/slurm/job_end.h"

namespace {

/// The job ends as FAILED when the controller takes longer.
constexpr std::chrono::seconds kAnswerTime(20);

}  // namespace

int main(int argc, char** argv) {
  using namespace workspace;
  try {
    if (argc != 2) throw Error(ErrorKind::kUsage, "usage: end-out-of-memory JOB");
    end_out_of_memory(JobId::parse(argv[1]), Deadline::in(kAnswerTime));
    return EXIT_SUCCESS;
  } catch (const Error& e) {
    std::fprintf(stderr, "workspace: %s\n", e.text().c_str());
    return EXIT_FAILURE;
  }
}
