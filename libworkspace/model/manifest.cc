#include "libworkspace/model/manifest.h"

#include "libworkspace/base/error.h"

namespace workspace {

std::string_view name_of(BootMode mode) { return mode == BootMode::kInit ? "init" : "agent"; }

std::string_view name_of(ImageNetwork network) {
  return network == ImageNetwork::kNone ? "none" : "private";
}

void check_root_permitted(const Manifest& manifest) {
  if (manifest.allow_root) return;
  throw Error(ErrorKind::kDenied, "image '" + manifest.name.text() + ":" + manifest.version.text() +
                                      "' does not permit --workspace-root (allow_root in its "
                                      "manifest)");
}

}  // namespace workspace
