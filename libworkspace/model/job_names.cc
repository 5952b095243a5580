#include "libworkspace/model/job_names.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::string_view kDomainPrefix = "workspace-";
constexpr std::string_view kNamespacePrefix = "ws-";
constexpr std::string_view kTapPrefix = "ws";
constexpr std::string_view kPrivateTapPrefix = "wsp";
constexpr std::string_view kScratchSuffix = ".scratch";

std::optional<JobId> after_prefix(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return parse_job_id(name.substr(prefix.size()));
}

}  // namespace

std::optional<JobId> parse_job_id(std::string_view text) {
  const auto number = parse_decimal(text, UINT32_MAX);
  // A leading zero would give one job two names.
  if (!number || *number == 0 || text[0] == '0') return std::nullopt;
  return JobId(static_cast<std::uint32_t>(*number));
}

JobId JobId::parse(std::string_view text) {
  const auto job = parse_job_id(text);
  if (!job) throw Error(ErrorKind::kInvalid, "'" + printable(text, 32) + "' is not a job id");
  return *job;
}

std::string domain_name(JobId job) { return std::string(kDomainPrefix) + job.to_string(); }
std::string namespace_name(JobId job) { return std::string(kNamespacePrefix) + job.to_string(); }
std::string tap_name(JobId job) { return std::string(kTapPrefix) + job.to_string(); }
std::string private_tap_name(JobId job) { return std::string(kPrivateTapPrefix) + job.to_string(); }
std::string guard_table_name(JobId job) { return domain_name(job); }
std::string scratch_file_name(JobId job) { return job.to_string() + std::string(kScratchSuffix); }

std::optional<JobId> job_of_domain(std::string_view name) {
  return after_prefix(name, kDomainPrefix);
}

std::optional<JobId> job_of_namespace(std::string_view name) {
  return after_prefix(name, kNamespacePrefix);
}

std::optional<JobId> job_of_tap(std::string_view name) {
  const auto job = after_prefix(name, kTapPrefix);
  return job ? job : after_prefix(name, kPrivateTapPrefix);
}

std::optional<JobId> job_of_scratch_file(std::string_view name) {
  if (!name.ends_with(kScratchSuffix)) return std::nullopt;
  return parse_job_id(name.substr(0, name.size() - kScratchSuffix.size()));
}

std::string namespace_file(JobId job) { return "/run/netns/" + namespace_name(job); }

std::string console_copy(std::string_view runtime_dir, JobId job) {
  return job_folder(runtime_dir, job) + ".console";
}

std::string job_folder(std::string_view runtime_dir, JobId job) {
  return std::string(runtime_dir) + "/" + job.to_string();
}

}  // namespace workspace
