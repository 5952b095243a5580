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

void check_save_permitted(const Manifest& manifest) {
  const std::string image = "image '" + manifest.name.text() + ":" + manifest.version.text() + "' ";
  if (!manifest.allow_save) {
    throw Error(ErrorKind::kDenied,
                image + "does not permit --workspace-save (allow_save in its manifest)");
  }
  if (manifest.layers.size() >= Manifest::kMaxLayers) {
    throw Error(ErrorKind::kDenied, image + "has " + std::to_string(Manifest::kMaxLayers) +
                                        " layers already, the most that an image can have; ask an "
                                        "administrator to flatten it (workspace image flatten)");
  }
}

}  // namespace workspace
