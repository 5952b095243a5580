#pragma once

#include "cli/arguments.h"
#include "libworkspace/lifecycle/resize.h"

namespace workspace::cli {

/// What `--memory` and `--vcpus` say. Errors: kInvalid; kUsage when there is neither.
WantedSize wanted_size(const Arguments& arguments);

}  // namespace workspace::cli
