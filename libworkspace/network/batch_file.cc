#include "libworkspace/network/batch_file.h"

#include <sys/mman.h>

#include "libworkspace/base/error.h"

namespace workspace {

BatchFile::BatchFile(std::string_view text) : fd_(::memfd_create("batch", MFD_CLOEXEC)) {
  if (!fd_.valid()) throw_errno("making a file of commands");
  write_all(fd_.get(), text, "writing a file of commands");
}

std::string BatchFile::path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

}  // namespace workspace
