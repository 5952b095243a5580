#pragma once

#include <string>

#include "libworkspace/base/fd.h"

namespace workspace {

/// A file as a block device, for Xen's block backend. The device detaches itself when its last user
/// is gone: while the object lives that is the object, afterwards the domain that was given the
/// device, and at the domain's end nobody. So no teardown has to know of it, and none is left by a
/// prolog that was killed.
class LoopDevice {
 public:
  /// Errors: kHost.
  LoopDevice(const std::string& file, bool read_only);

  /// Of a file that is open already; `name` is what losetup(8) shows for it. Errors: kHost.
  LoopDevice(int file, const std::string& name, bool read_only);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace workspace
