#include <poll.h>
#include <unistd.h>

#include <list>

#include "cli/job_step.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/user_jobs.h"
#include "cli/vm_samples.h"
#include "cli/vm_step.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/vm_samples.h"

namespace workspace::cli {
namespace {

constexpr std::uint64_t kLongestIntervalS = 3600;
constexpr std::uint64_t kMostTables = 1'000'000;
/// On a terminal each table takes the place of the one before.
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

struct Pace {
  std::uint64_t interval_s = 2;
  std::uint64_t count = 0;  ///< of tables; 0: until somebody ends it
};

std::uint64_t parse_count(const Arguments& arguments, std::string_view option,
                          std::uint64_t otherwise, std::uint64_t most) {
  const auto given = arguments.value(option);
  if (!given) return otherwise;
  const auto number = parse_decimal(*given, most);
  if (!number || *number == 0) {
    throw Error(ErrorKind::kUsage, std::string(option) + " '" + printable(*given, 32) +
                                       "' is not a whole number from 1 to " + std::to_string(most));
  }
  return *number;
}

void show(const TopTable& table) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  print((terminal ? std::string(kClearScreen) : "") + table.text() + (terminal ? "" : "\n"));
}

int watch_node(const Pace& pace) {
  Node node = Node::open();
  TopTable table;
  for (std::uint64_t shown = 0;;) {
    const auto samples = sample_vms(node);
    for (const auto& sample : samples) table.add(sample);
    table.keep_only(samples);
    show(table);
    if (++shown == pace.count) return 0;
    ::poll(nullptr, 0, static_cast<int>(pace.interval_s) * 1000);
  }
}

std::list<JobStep> start_steps(std::span<const WorkspaceJob> jobs, std::uint64_t interval_s) {
  std::list<JobStep> steps;
  for (const auto& job : jobs)
    steps.emplace_back(job.job, vm_step_command(job.job, job.place, std::nullopt,
                                                {"usage", std::to_string(interval_s)}));
  return steps;
}

/// Takes what the steps say until the deadline. A step that has ended is left out.
void collect(std::list<JobStep>& steps, TopTable& table, Deadline deadline) {
  while (!steps.empty() && !deadline.passed()) {
    await_output(steps, deadline);
    for (auto& step : steps)
      for (const auto& sample : read_samples(step)) table.add(sample);
    std::erase_if(steps, [](const JobStep& step) { return step.output() < 0; });
  }
}

int watch_jobs(std::span<const WorkspaceJob> jobs, const Pace& pace) {
  std::list<JobStep> steps = start_steps(jobs, pace.interval_s);
  TopTable table;
  for (std::uint64_t shown = 0; shown == 0 || shown < pace.count || pace.count == 0;) {
    collect(steps, table, Deadline::in(std::chrono::seconds(pace.interval_s)));
    if (steps.empty()) return 0;
    if (table.empty()) continue;
    show(table);
    ++shown;
  }
  return 0;
}

}  // namespace

int run_top(const Arguments& arguments) {
  const Pace pace{parse_count(arguments, "--interval", 2, kLongestIntervalS),
                  parse_count(arguments, "--count", 0, kMostTables)};
  const auto wanted = arguments.word(0);
  if (::geteuid() == 0 && !wanted) return watch_node(pace);
  const auto jobs = running_jobs(wanted ? std::optional(JobId::parse(*wanted)) : std::nullopt);
  return watch_jobs(jobs, pace);
}

}  // namespace workspace::cli
