#include <unistd.h>

#include "cli/job_step.h"
#include "cli/output.h"
#include "cli/resize.h"
#include "cli/subcommands.h"
#include "cli/user_jobs.h"
#include "cli/vm_step.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

constexpr std::uint32_t kMostVcpus = 65535;

/// An administrator's, on the node itself: the step is the owner's way.
int resize_here(JobId job, const WantedSize& wanted, const std::optional<std::string>& name) {
  set_log_context("resize", job.to_string());
  keep_log_from_stderr();
  Node node = Node::open();
  const auto record = node.records.load(job);
  if (record && name && *name != record->hostname) {
    throw Error(ErrorKind::kUsage, "this is node '" + record->hostname +
                                       "'; root resizes the VM of '" + printable(*name, 64) +
                                       "' there");
  }
  return print(resize_vm(node, job, wanted, ResizedBy::kAdministrator) + "\n");
}

}  // namespace

WantedSize wanted_size(const Arguments& arguments) {
  WantedSize wanted;
  if (const auto memory = arguments.value("--memory")) {
    wanted.memory_mib = parse_size_mib(*memory, "--memory");
    if (wanted.memory_mib == 0) throw Error(ErrorKind::kInvalid, "--memory must be more than 0");
  }
  if (const auto vcpus = arguments.value("--vcpus")) {
    const auto number = parse_decimal(*vcpus, kMostVcpus);
    if (!number || *number == 0) {
      throw Error(ErrorKind::kInvalid, "--vcpus '" + printable(*vcpus, 32) +
                                           "' is not a whole number from 1 to " +
                                           std::to_string(kMostVcpus));
    }
    wanted.vcpus = static_cast<std::uint32_t>(*number);
  }
  if (wanted.memory_mib == 0 && wanted.vcpus == 0)
    throw Error(ErrorKind::kUsage, "nothing is to be changed; give --memory, --vcpus or both");
  return wanted;
}

int run_resize(const Arguments& arguments) {
  const JobId job = JobId::parse(*arguments.word(0));
  const WantedSize wanted = wanted_size(arguments);
  const auto node = arguments.value("--node");
  if (::geteuid() == 0 && Node::default_records().has(job)) return resize_here(job, wanted, node);
  const auto running = running_jobs(job).front();
  if (node && !running.place.is_on(*node)) {
    throw Error(ErrorKind::kNotFound, "job " + job.to_string() + " is not on node '" +
                                          printable(*node, 64) + "'; it is on " +
                                          running.place.nodes);
  }
  become_step(job, vm_step_command(job, running.place, node,
                                   {"resize", std::to_string(wanted.memory_mib),
                                    std::to_string(wanted.vcpus)}));
}

}  // namespace workspace::cli
