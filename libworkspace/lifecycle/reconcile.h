#pragma once

#include <string>
#include <vector>

#include "libworkspace/lifecycle/node.h"

namespace workspace {

/// The jobs of which something is left on this node though Slurm no longer has them here, or though
/// a crash of the node has taken their record. Errors: kHost; kTimeout.
std::vector<JobId> find_left_jobs(Node& node, const std::string& node_name);

/// Removes what is left on this node of jobs that Slurm no longer has here, or whose record a crash
/// of the node has taken: no epilog runs for them. Domains, namespaces, scratch disks and records
/// are looked at; when the controller cannot be asked nothing of theirs is touched. Before that,
/// the cache is rid of what killed copies left in it. Returns the jobs that were cleaned away.
/// Errors: kHost; kTimeout; of several failures the first, after all jobs were tried.
std::vector<JobId> reconcile_node(Node& node, const std::string& node_name);

}  // namespace workspace
