#include "libworkspace/network/namespace_links.h"

#include <net/if.h>

#include <memory>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/network/in_namespace.h"

namespace workspace {

std::vector<std::string> link_names() {
  const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> links(
      ::if_nameindex(), &::if_freenameindex);
  if (!links) throw_errno("listing the network links");
  std::vector<std::string> names;
  for (const auto* link = links.get(); link->if_index != 0; ++link)
    if (std::string_view(link->if_name) != "lo") names.emplace_back(link->if_name);
  return names;
}

bool is_guest_link(std::string_view name) {
  return job_of_tap(name).has_value() || name.starts_with("vif");
}

std::vector<std::string> link_names_in(int namespace_fd) {
  std::vector<std::string> names;
  in_namespace(namespace_fd, [&] { names = link_names(); });
  return names;
}

}  // namespace workspace
