#pragma once

#include <string>
#include <string_view>

#include "libworkspace/base/fd.h"

namespace workspace {

/// Commands for a program that reads them from a file: the file is in memory and nobody else's, and
/// is named to the program by the descriptor that it inherits. Errors: kHost.
class BatchFile {
 public:
  explicit BatchFile(std::string_view text);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::string path() const;

 private:
  UniqueFd fd_;
};

}  // namespace workspace
