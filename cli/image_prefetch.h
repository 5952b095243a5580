#pragma once

#include <string>
#include <vector>

#include "libworkspace/model/image_ref.h"

namespace workspace::cli {

/// The srun that has each of these nodes (a list in Slurm's form, such as node[1-8]) bring an image
/// into its cache: a job of one task a node, which waits until every node has a CPU for it. Each
/// line of output has the task's number before it. Errors: kUsage for what is no such list.
std::vector<std::string> prefetch_command(const std::string& nodes, const ImageRef& image);

}  // namespace workspace::cli
