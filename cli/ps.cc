#include "cli/ps.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <numeric>

#include "build_paths.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/user_jobs.h"
#include "cli/vm_samples.h"
#include "cli/vm_step.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/record_store.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kAskTimeout(20);

std::string user_of(const JobRecord& record) {
  // A job that has no record yet has no image either, and its uid 0 means nothing.
  if (record.image.empty()) return "-";
  try {
    return find_user(record.uid).name;
  } catch (const Error&) {
    return std::to_string(record.uid);
  }
}

std::uint64_t start_ms(const JobRecord& record) {
  return std::accumulate(record.step_times_ms.begin(), record.step_times_ms.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& step) { return sum + step.second; });
}

/// The records of the wanted jobs, by job. A job whose prolog has not written one yet is preparing.
std::vector<JobRecord> read_records(const RecordStore& store, std::vector<JobId> jobs) {
  std::sort(jobs.begin(), jobs.end());
  std::vector<JobRecord> records;
  for (const JobId job : jobs) {
    try {
      records.push_back(store.load(job).value_or(JobRecord(job)));
    } catch (const Error& e) {
      warn("job " + job.to_string() + ": " + e.text());
    }
  }
  return records;
}

/// The VMs of one job, by a step on all of its nodes; what srun has to say it says itself.
int show_own_job(JobId job, bool as_json) {
  const auto running = running_jobs(job).front();
  std::list<JobStep> steps;
  JobStep& step = steps.emplace_back(job, vm_step_command(job, running.place, std::nullopt,
                                                          std::vector<std::string>{"usage", "0"}));
  std::vector<VmSample> samples;
  while (step.output() >= 0) {
    await_output(steps, Deadline::in(kAskTimeout));
    for (auto& sample : read_samples(step)) samples.push_back(std::move(sample));
  }
  const int status = step.wait();
  if (samples.empty()) return status == 0 ? EXIT_FAILURE : status;
  std::sort(samples.begin(), samples.end(),
            [](const VmSample& a, const VmSample& b) { return a.node < b.node; });
  return print(as_json ? samples_json(samples) : samples_table(samples));
}

int show_own_jobs(const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  if (const auto wanted = arguments.word(0)) return show_own_job(JobId::parse(*wanted), as_json);
  const auto jobs = own_workspace_jobs(Deadline::in(kAskTimeout));
  if (as_json) return print(user_jobs_json(jobs));
  if (jobs.empty()) return print("you have no workspace job\n");
  return print(user_jobs_table(jobs));
}

}  // namespace

std::string jobs_table(std::span<const JobRecord> records) {
  std::vector<std::vector<std::string>> rows = {
      {"JOB", "USER", "STATE", "IMAGE", "VCPUS", "MEMORY", "DISK", "START", "REASON"}};
  for (const auto& record : records) {
    rows.push_back({record.job.to_string(), user_of(record), std::string(name_of(record.state)),
                    record.image, std::to_string(record.vcpus_now()),
                    format_size_mib(record.memory_now_mib()), format_size_mib(record.disk_mib),
                    std::to_string(start_ms(record)) + " ms", printable(record.reason)});
  }
  return format_table(rows);
}

std::string job_details(const JobRecord& record) {
  std::vector<std::vector<std::string>> rows = {
      {"job", record.job.to_string()},
      {"user", user_of(record)},
      {"state", std::string(name_of(record.state))},
      {"image", record.image},
      {"digest", record.digest},
      {"hostname", record.hostname},
      {"vcpus", std::to_string(record.vcpus_now())},
      {"memory", format_size_mib(record.memory_now_mib())},
      {"disk", format_size_mib(record.disk_mib)},
  };
  if (!record.reason.empty()) rows.push_back({"reason", printable(record.reason)});
  if (!record.notice.empty()) rows.push_back({"notice", printable(record.notice)});
  for (const auto& [step, ms] : record.step_times_ms)
    rows.push_back({"step " + step, std::to_string(ms) + " ms"});
  rows.push_back({"start", std::to_string(start_ms(record)) + " ms"});
  return format_table(rows);
}

std::string jobs_json(std::span<const JobRecord> records) {
  Json json;
  json.begin_object().begin_array("jobs");
  for (const auto& record : records) {
    json.begin_object()
        .field("job", std::uint64_t{record.job.number()})
        .field("uid", std::uint64_t{record.uid})
        .field("state", name_of(record.state))
        .field("reason", record.reason)
        .field("notice", record.notice)
        .field("image", record.image)
        .field("digest", record.digest)
        .field("hostname", record.hostname)
        .field("vcpus", std::uint64_t{record.vcpus_now()})
        .field("memory_mib", record.memory_now_mib())
        .field("disk_mib", record.disk_mib)
        .begin_array("steps");
    for (const auto& [step, ms] : record.step_times_ms)
      json.begin_object().field("name", step).field("ms", ms).end_object();
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.text();
}

int run_ps(const Arguments& arguments) {
  if (::geteuid() != 0) return show_own_jobs(arguments);
  const RecordStore store(build_paths::kRuntimeDir);
  std::vector<JobId> jobs = store.jobs();
  const auto wanted = arguments.word(0);
  if (wanted) {
    const auto job = JobId::parse(*wanted);
    if (!store.has(job))
      throw Error(ErrorKind::kNotFound,
                  "job " + job.to_string() + " has no workspace on this node");
    jobs = {job};
  }
  const auto records = read_records(store, jobs);
  if (arguments.has("--json")) return print(jobs_json(records));
  if (wanted && !records.empty()) return print(job_details(records.front()));
  if (records.empty()) return print("no workspace job is on this node\n");
  return print(jobs_table(records));
}

}  // namespace workspace::cli
