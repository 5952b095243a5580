/// What a job's owner has root do about the job's VM on a node: started by the plugin for a step of
/// the job (spank_plugin/vm_request), with words that the plugin has checked.

#include <poll.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/resize.h"
#include "libworkspace/lifecycle/vm_samples.h"

namespace workspace::request {
namespace {

constexpr std::uint64_t kLongestIntervalS = 3600;

std::uint64_t parse_interval_s(const char* text) {
  const auto seconds = parse_decimal(text, kLongestIntervalS);
  if (!seconds) throw Error(ErrorKind::kUsage, "the interval is not a number of seconds");
  return *seconds;
}

/// `usage JOB SECONDS`: a line for the VM as it stands, and one more every so many seconds until
/// nobody reads it or the workspace is gone; 0: only the one.
void tell_usage(JobId job, std::uint64_t interval_s) {
  Node node = Node::open();
  for (;;) {
    const auto sample = sample_vm(node, job);
    if (!sample)
      throw Error(ErrorKind::kNotFound, "job " + job.to_string() + " has no workspace here");
    write_all(STDOUT_FILENO, sample->to_line(), "telling the VM's usage");
    if (interval_s == 0) return;
    ::poll(nullptr, 0, static_cast<int>(interval_s) * 1000);
  }
}

/// `resize JOB MEMORY_MIB VCPUS`: 0 leaves it as it is.
void resize(JobId job, const char* memory_mib, const char* vcpus) {
  const auto memory = parse_decimal(memory_mib);
  const auto count = parse_decimal(vcpus, UINT32_MAX);
  if (!memory || !count) throw Error(ErrorKind::kUsage, "the sizes are not numbers");
  Node node = Node::open();
  const std::string text =
      resize_vm(node, job, {*memory, static_cast<std::uint32_t>(*count)}, ResizedBy::kOwner);
  write_all(STDOUT_FILENO, text + "\n", "telling the VM's size");
}

int serve(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (argc < 3) throw Error(ErrorKind::kUsage, "usage: vm-request usage|resize JOB NUMBER...");
  const JobId job = JobId::parse(argv[2]);
  set_log_context("request", job.to_string());
  keep_log_from_stderr();
  if (verb == "usage" && argc == 4)
    tell_usage(job, parse_interval_s(argv[3]));
  else if (verb == "resize" && argc == 5)
    resize(job, argv[3], argv[4]);
  else
    throw Error(ErrorKind::kUsage, "vm-request does not know '" + printable(verb, 32) + "'");
  return 0;
}

}  // namespace
}  // namespace workspace::request

int main(int argc, char** argv) {
  return workspace::main_guard("workspace", workspace::request::serve, argc, argv);
}
