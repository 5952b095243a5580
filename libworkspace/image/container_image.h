#pragma once

#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/image/import_source.h"
#include "libworkspace/image/sandbox.h"

namespace workspace {

/// A container image unpacked into its layers, in a folder that goes with the object.
class ContainerLayers {
 public:
  /// Has skopeo read the image in the sandbox; skopeo checks the digest of every part. The layers
  /// themselves are not opened. Errors: kInvalid for what skopeo cannot read; kTimeout; kHost.
  ContainerLayers(const ImportSource& source, const SandboxLimits& limits,
                  const std::string& work_folder, Deadline deadline);
  ContainerLayers(const ContainerLayers&) = delete;
  ContainerLayers& operator=(const ContainerLayers&) = delete;
  ~ContainerLayers();

  /// The folder with manifest.json and the layers.
  [[nodiscard]] const UniqueFd& folder() const { return folder_; }

 private:
  std::string path_;
  UniqueFd folder_;
};

}  // namespace workspace
