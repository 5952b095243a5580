#include "libworkspace/lifecycle/node_config.h"

#include <unistd.h>

#include <chrono>

#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/catalog/site_config_file.h"
#include "libworkspace/hypervisor/libvirt_hypervisor.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kAnswerTime(20);

}  // namespace

int run_node_config(const Arguments& arguments) {
  if (::geteuid() != 0) throw Error(ErrorKind::kDenied, "only root may ask the hypervisor");
  const Deadline deadline = Deadline::in(kAnswerTime);
  const auto hypervisor = connect_hypervisor(read_site_config(site_config_path()), deadline);
  const std::string node = arguments.value("--node").value_or(short_hostname());
  return print(node_config(*hypervisor, node, deadline));
}

}  // namespace workspace::cli
