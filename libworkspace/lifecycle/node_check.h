#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/model/hypervisor_kind.h"
#include "libworkspace/model/site_config.h"
#include "libworkspace/slurm/slurm_settings.h"

namespace workspace {

/// How a part of the node stands: `kWarning` runs jobs but not as it should, `kWrong` runs none.
enum class Verdict { kFine, kWarning, kWrong };

std::string_view name_of(Verdict verdict);

/// One line of a node's check.
struct Finding {
  std::string part;  ///< such as `slurm` or `hypervisor`
  Verdict verdict = Verdict::kFine;
  std::string text;    ///< what is so
  std::string remedy;  ///< what to do about it; empty when it is fine
  /// A command of root's that does it, or the part of it that is safe whatever else is wrong.
  std::vector<std::string> fix = {};
};

/// Looks at all that a workspace job needs of this node: configuration, hypervisor, kernel modules,
/// programs, guest, store, cache, scratch space, clock, Slurm's own configuration, and what jobs
/// have left. `node_name` is the node's in Slurm. Changes nothing and throws nothing: what cannot
/// be looked at is a finding.
std::vector<Finding> check_node(const std::string& node_name);

/// The worst of the verdicts.
Verdict worst_of(const std::vector<Finding>& findings);

/// The part that is Slurm's configuration. `plugstack` is the text of its plugin stack file.
std::vector<Finding> check_slurm_settings(const SlurmSettings& slurm, std::string_view plugstack,
                                          const SiteConfig& site);

/// A driver of the node's kernel, as a module or built in, and the file that shows it is there.
struct KernelDriver {
  std::string module;
  std::string sign;
};

/// The drivers that the links, disks and domains of a node take.
std::vector<KernelDriver> needed_drivers(HypervisorKind kind);

}  // namespace workspace
