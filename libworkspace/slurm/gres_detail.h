#pragma once

#include <string_view>
#include <vector>

#include "libworkspace/model/allocation.h"

namespace workspace {

/// Reads what Slurm says of a job's generic resources on a node, such as
/// `gpu:a100:2(IDX:0-1),nic:1(IDX:3),wsslot:5(CNT:5)` (scontrol(1), show job --details). Errors:
/// kHost, when it cannot be read: a device of the job's must not be missing from its VM.
std::vector<AllocatedGres> parse_gres_detail(std::string_view text);

}  // namespace workspace
