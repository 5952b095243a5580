#pragma once

#include <set>
#include <string>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// The features of a node of Slurm's, as `scontrol show node` has them: those that jobs may name
/// (AvailableFeatures), and of these the ones that it has now (ActiveFeatures).
struct NodeFeatures {
  std::set<std::string> available;
  std::set<std::string> active;
  bool operator==(const NodeFeatures&) const = default;
};

/// Errors: kNotFound for a node that Slurm does not know; kTimeout; kHost.
NodeFeatures read_node_features(const std::string& node_name, Deadline deadline);

/// The nodes that have the feature now, as a host list such as `node[1-3]`; empty: none. Errors:
/// kTimeout; kHost.
std::string nodes_with_feature(const std::string& feature, Deadline deadline);

/// Sets a node's features in the controller, which takes this from root on any machine of the
/// cluster. It keeps them until it reads slurm.conf anew. Errors: kTimeout; kHost.
void update_node_features(const std::string& node_name, const NodeFeatures& features,
                          Deadline deadline);

}  // namespace workspace
