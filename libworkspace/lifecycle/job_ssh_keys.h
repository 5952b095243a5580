#pragma once

#include <optional>
#include <string>

#include "libworkspace/model/guest_config.h"
#include "libworkspace/model/job_names.h"

namespace workspace {

/// The job's ssh keys, made of the job's secret (WorkspaceRequest::secret): each of its nodes makes
/// the same ones by itself, and no other job has them, not even another of the same array. Nothing
/// for a request without a secret. Errors: kHost.
std::optional<GuestSshKeys> make_job_ssh_keys(JobId job, const std::string& secret);

}  // namespace workspace
