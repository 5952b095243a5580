#include "libworkspace/lifecycle/node.h"

#include <sys/utsname.h>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/catalog/site_config_file.h"
#include "libworkspace/hypervisor/libvirt_hypervisor.h"

namespace workspace {

Node Node::open(std::chrono::seconds libvirt_restart_time) {
  SiteConfig site = read_site_config(site_config_path());
  auto hypervisor = connect_hypervisor(site, step_deadline(), libvirt_restart_time);
  RecordStore records = default_records();
  Catalog catalog(site.store);
  NodeCache cache(site.cache);
  ScratchDisks scratch(site.scratch);
  return {std::move(site),  std::move(records), std::move(catalog),
          std::move(cache), std::move(scratch), std::move(hypervisor)};
}

RecordStore Node::default_records() { return RecordStore(build_paths::kRuntimeDir); }

std::string Node::machine() {
  struct utsname names {};
  if (::uname(&names) != 0) throw_errno("reading the machine's architecture");
  return static_cast<const char*>(names.machine);
}

}  // namespace workspace
