#include "libworkspace/hypervisor/xen_stray.h"

#include <unistd.h>

#include "libworkspace/base/log.h"
#include "libworkspace/base/process.h"

namespace workspace {

void destroy_stray_domain(const std::string& name, Deadline deadline, const std::string& xl) {
  // A libvirt that has the driver for Xen needs Xen's library, and not its tools.
  if (::access(xl.c_str(), X_OK) != 0) return;
  Command command;
  command.argv = {xl, "domid", name};
  if (run_command(command, deadline).exit_status != 0) return;
  log_warning("Xen has a domain " + name + " that libvirt does not know; xl ends it");
  command.argv = {xl, "destroy", name};
  check_command(command, deadline);
}

bool xen_has_domain(const std::string& name, Deadline deadline, const std::string& xl) {
  if (::access(xl.c_str(), X_OK) != 0) return true;
  Command command;
  command.argv = {xl, "list"};
  // A line each, which begins with the name; the first is the heading.
  return check_command(command, deadline).find("\n" + name + " ") != std::string::npos;
}

}  // namespace workspace
