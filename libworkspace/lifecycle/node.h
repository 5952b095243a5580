#pragma once

#include <memory>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/hypervisor/hypervisor.h"
#include "libworkspace/lifecycle/record_store.h"
#include "libworkspace/model/site_config.h"
#include "libworkspace/store/cache.h"
#include "libworkspace/store/scratch.h"

namespace workspace {

/// The parts of this node that a job's lifecycle works with.
struct Node {
  SiteConfig site;
  RecordStore records;
  Catalog catalog;
  NodeCache cache;
  ScratchDisks scratch;
  std::unique_ptr<Hypervisor> hypervisor;

  /// Reads the site's configuration and connects to its hypervisor. Errors: kHost; kTimeout.
  static Node open() { return open(std::chrono::seconds(0)); }

  /// For what Slurm runs: a failure there drains the node, and a libvirtd that an upgrade restarts,
  /// or that died, is back in seconds.
  static Node open_for_slurm() { return open(std::chrono::seconds(20)); }

  /// The records alone, which need neither configuration nor hypervisor.
  static RecordStore default_records();

  /// Its architecture, as uname(2) names the machine.
  static std::string machine();

  /// The bound on one step that has none of its own. No step takes this long on a node that works;
  /// it keeps a broken one from holding Slurm's prolog for ever.
  [[nodiscard]] static Deadline step_deadline() { return Deadline::in(std::chrono::seconds(120)); }

 private:
  static Node open(std::chrono::seconds libvirt_restart_time);
};

}  // namespace workspace
