#include "cli/user_jobs.h"

#include <unistd.h>

#include <chrono>

#include "cli/json.h"
#include "cli/output.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kAskTimeout(20);
constexpr std::string_view kMark = "workspace=";

/// `tiny:1` of `… workspace=tiny:1@sha256:…`; empty if there is no such word.
std::string image_in(const std::string& comment) {
  for (const auto& word : split(comment, ' ')) {
    const auto at = word.find('@');
    if (word.starts_with(kMark) && at != std::string::npos)
      return printable(word.substr(kMark.size(), at - kMark.size()), 128);
  }
  return "";
}

}  // namespace

std::vector<WorkspaceJob> workspace_jobs(std::span<const UserJob> jobs) {
  std::vector<WorkspaceJob> found;
  for (const auto& job : jobs) {
    std::string image = image_in(job.admin_comment);
    if (image.empty()) image = image_in(job.comment);
    if (image.empty()) continue;
    WorkspaceJob& shown = found.emplace_back(job.job);
    shown.place = job.place;
    shown.image = std::move(image);
  }
  return found;
}

std::vector<WorkspaceJob> own_workspace_jobs(Deadline deadline) {
  return workspace_jobs(jobs_of_user(::getuid(), deadline));
}

void check_askable(JobId job, const std::optional<JobPlace>& place, std::uint32_t uid) {
  const std::string name = "job " + job.to_string();
  if (!place) throw Error(ErrorKind::kNotFound, name + " does not exist, or ended some time ago");
  if (place->uid != uid && uid != 0) throw Error(ErrorKind::kDenied, name + " is not yours");
  if (!place->runs || place->state != "RUNNING")
    throw Error(ErrorKind::kNotFound, name + " is " + place->state + "; its VM cannot be asked");
}

std::vector<WorkspaceJob> running_jobs(std::optional<JobId> job) {
  if (job) {
    const auto place = find_job(*job, Deadline::in(kAskTimeout));
    check_askable(*job, place, ::getuid());
    WorkspaceJob found(*job);
    found.place = *place;
    return {found};
  }
  auto jobs = own_workspace_jobs(Deadline::in(kAskTimeout));
  std::erase_if(jobs, [](const WorkspaceJob& found) { return found.place.state != "RUNNING"; });
  if (jobs.empty()) throw Error(ErrorKind::kNotFound, "you have no workspace job that runs");
  return jobs;
}

std::string user_jobs_table(std::span<const WorkspaceJob> jobs) {
  std::vector<std::vector<std::string>> rows = {{"JOB", "STATE", "IMAGE", "NODES"}};
  for (const auto& job : jobs)
    rows.push_back({job.job.to_string(), job.place.state, job.image, job.place.nodes});
  return format_table(rows);
}

std::string user_jobs_json(std::span<const WorkspaceJob> jobs) {
  Json json;
  json.begin_object().begin_array("jobs");
  for (const auto& job : jobs) {
    json.begin_object()
        .field("job", std::uint64_t{job.job.number()})
        .field("state", job.place.state)
        .field("image", job.image)
        .field("nodes", job.place.nodes)
        .end_object();
  }
  json.end_array().end_object();
  return json.text();
}

}  // namespace workspace::cli
