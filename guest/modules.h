#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/fd.h"

namespace workspace::agent {

/// The names in the group `group` of the initrd's `order` file (images/modules.list), in the order
/// they must be loaded; empty for a group that is not there.
std::vector<std::string> modules_of_group(std::string_view order, std::string_view group);

/// The kernel modules in the initrd. The folder is held open, so that groups can still be loaded
/// after the root was changed.
class Modules {
 public:
  /// A kernel with everything built in comes without the folder: nothing is loaded then.
  explicit Modules(const std::string& folder);

  /// Loads what is not loaded yet. Errors: kGuest, naming the module.
  void load(std::string_view group) const;

  /// Begins to load the group in a process of its own, which has the CPU only while nothing else
  /// wants it. Whoever loads the group later meets what is not loaded by then, and its errors.
  void load_ahead(std::string_view group) const;

 private:
  UniqueFd folder_;
  std::string order_;
};

}  // namespace workspace::agent
