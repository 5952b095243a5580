#pragma once

#include <span>
#include <string>

#include "libworkspace/model/vm_sample.h"

namespace workspace::cli {

/// The VMs of a node as metrics for Prometheus, in its base units: workspace(1), METRICS, lists
/// them.
std::string vm_metrics(std::span<const VmSample> samples);

}  // namespace workspace::cli
