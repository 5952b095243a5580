#pragma once

#include "libworkspace/model/guest_config.h"
#include "libworkspace/model/manifest.h"
#include "libworkspace/model/request.h"

namespace workspace {

/// What an image and the job's user say of the tasks' environment and folder inside. The image's
/// name is the caller's to add.
GuestTaskRules task_rules(const Manifest& image, const WorkspaceRequest& request);

}  // namespace workspace
