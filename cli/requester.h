#pragma once

#include "libworkspace/model/access.h"

namespace workspace::cli {

/// Whoever calls, as far as it is known before there is a job: user and groups, by this machine's
/// passwd and group. Errors: kNotFound; kHost.
Requester calling_user();

}  // namespace workspace::cli
