#include "libworkspace/model/job_record.h"

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace {
namespace {

constexpr std::string_view kStepPrefix = "step.";

constexpr std::array<std::pair<WorkspaceState, std::string_view>, 5> kStates = {
    {{WorkspaceState::kPreparing, "preparing"},
     {WorkspaceState::kRunning, "running"},
     {WorkspaceState::kSuspended, "suspended"},
     {WorkspaceState::kFailed, "failed"},
     {WorkspaceState::kEnding, "ending"}}};

WorkspaceState parse_state(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (text == name) return state;
  }
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 32) + "' is not a state");
}

std::string cpus_text(const std::vector<std::uint32_t>& cpus) {
  std::vector<std::string> words;
  for (const auto cpu : cpus) words.push_back(std::to_string(cpu));
  return join(words, ",");
}

std::vector<std::uint32_t> parse_cpus(const std::string& text) {
  std::vector<std::uint32_t> cpus;
  if (text.empty()) return cpus;
  for (const auto& word : split(text, ',')) {
    const auto cpu = parse_decimal(word, UINT32_MAX);
    if (!cpu) throw Error(ErrorKind::kInvalid, "'" + printable(word, 32) + "' is not a CPU");
    cpus.push_back(static_cast<std::uint32_t>(*cpu));
  }
  return cpus;
}

/// A job that began under an earlier release has no such field.
std::uint64_t take_number_or_0(Fields& fields, std::string_view name) {
  return fields.has(name) ? fields.take_number(name) : 0;
}

JobRecord parse_fields(std::string_view text) {
  Fields fields = Fields::from_lines(text);
  if (fields.take("version") != "1") throw Error(ErrorKind::kInvalid, "its version is not 1");
  JobRecord record(JobId::parse(fields.take("job_id")));
  record.uid = static_cast<std::uint32_t>(fields.take_number("uid", UINT32_MAX));
  record.gid = static_cast<std::uint32_t>(fields.take_number("gid", UINT32_MAX));
  record.restart_count =
      static_cast<std::uint32_t>(fields.take_number("restart_count", UINT32_MAX));
  record.state = parse_state(fields.take("state"));
  record.reason = fields.take("reason");
  record.notice = fields.take_or("notice", "");
  record.image = fields.take("image");
  record.digest = fields.take("digest");
  record.hostname = fields.take("hostname");
  record.vcpus = static_cast<std::uint32_t>(fields.take_number("vcpus", UINT32_MAX));
  record.memory_mib = fields.take_number("memory_mib");
  record.disk_mib = fields.take_number("disk_mib");
  record.memory_pinned = take_number_or_0(fields, "memory_pinned") != 0;
  record.guest_address = fields.take("guest_address");
  record.port = static_cast<std::uint16_t>(fields.take_number("port", UINT16_MAX));
  record.host_commands = HostCommands::parse(fields.take_or("host_commands", "none"));
  record.slurm_bin = fields.take_or("slurm_bin", record.slurm_bin);
  record.cpus = parse_cpus(fields.take_or("cpus", ""));
  record.helper_cpus = parse_cpus(fields.take_or("helper_cpus", ""));
  record.task_prolog = fields.take_or("task_prolog", "");
  record.save_as = fields.take_or("save_as", "");
  record.start_unix_ms = take_number_or_0(fields, "start_unix_ms");
  record.ready_unix_ms = take_number_or_0(fields, "ready_unix_ms");
  record.suspended_since_unix_ms = take_number_or_0(fields, "suspended_since_unix_ms");
  record.suspended_ms = take_number_or_0(fields, "suspended_ms");
  record.token = fields.take("token");
  std::string name;
  std::string value;
  while (fields.take_prefixed(kStepPrefix, name, value)) {
    const auto ms = parse_decimal(value);
    if (!ms) throw Error(ErrorKind::kInvalid, "the time of step '" + name + "' is not a number");
    record.step_times_ms.emplace_back(name, *ms);
  }
  fields.expect_empty();
  return record;
}

}  // namespace

std::string_view name_of(WorkspaceState state) {
  for (const auto& [known, name] : kStates) {
    if (state == known) return name;
  }
  return "unknown";
}

bool has_vm(WorkspaceState state) {
  return state == WorkspaceState::kRunning || state == WorkspaceState::kSuspended;
}

std::string JobRecord::to_lines() const {
  Fields fields;
  fields.add("version", "1");
  fields.add("job_id", job.to_string());
  fields.add("uid", std::uint64_t{uid});
  fields.add("gid", std::uint64_t{gid});
  fields.add("restart_count", std::uint64_t{restart_count});
  fields.add("state", name_of(state));
  fields.add("reason", reason);
  if (!notice.empty()) fields.add("notice", notice);
  fields.add("image", image);
  fields.add("digest", digest);
  fields.add("hostname", hostname);
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("memory_mib", memory_mib);
  fields.add("disk_mib", disk_mib);
  if (memory_pinned) fields.add("memory_pinned", std::uint64_t{1});
  fields.add("guest_address", guest_address);
  fields.add("port", std::uint64_t{port});
  fields.add("host_commands", host_commands.to_string());
  fields.add("slurm_bin", slurm_bin);
  fields.add("cpus", cpus_text(cpus));
  fields.add("helper_cpus", cpus_text(helper_cpus));
  fields.add("task_prolog", task_prolog);
  if (!save_as.empty()) fields.add("save_as", save_as);
  fields.add("start_unix_ms", start_unix_ms);
  fields.add("ready_unix_ms", ready_unix_ms);
  fields.add("suspended_since_unix_ms", suspended_since_unix_ms);
  fields.add("suspended_ms", suspended_ms);
  fields.add("token", token);
  for (const auto& [name, ms] : step_times_ms) fields.add(std::string(kStepPrefix) + name, ms);
  return fields.to_lines();
}

JobRecord JobRecord::parse(std::string_view text) {
  try {
    return parse_fields(text);
  } catch (Error& e) {
    throw e.in("the record of a workspace job is damaged");
  }
}

JobRecord read_job_record(const std::string& job_folder) {
  JobRecord record = JobRecord::parse(
      read_trusted_file(job_folder + "/" + JobRecord::kFileName, JobRecord::kMaxBytes));
  record.resized = read_resized(job_folder);
  return record;
}

}  // namespace workspace
