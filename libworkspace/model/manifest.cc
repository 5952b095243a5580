#include "libworkspace/model/manifest.h"

namespace workspace {

std::string_view name_of(BootMode mode) { return mode == BootMode::kInit ? "init" : "agent"; }

std::string_view name_of(ImageNetwork network) {
  return network == ImageNetwork::kNone ? "none" : "private";
}

}  // namespace workspace
