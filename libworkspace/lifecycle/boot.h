#pragma once

#include "libworkspace/lifecycle/job_environment.h"
#include "libworkspace/lifecycle/node.h"

namespace workspace {

/// The prolog: boots the workspace that a job asks for on this node, step by step (boot.cc reads as
/// their list). It returns with one of two records written: `running`, or `failed` with the user's
/// fault as the reason, which the job's tasks tell instead of running. Called again for the same
/// run of a job whose VM lives, it does nothing; what an earlier run or a killed prolog left is
/// removed first. Errors: kHost and kTimeout, with what was made removed as far as it can be.
void boot_workspace(Node& node, const JobEnvironment& job);

}  // namespace workspace
