#include "libworkspace/catalog/image_format.h"

#include <unistd.h>

#include <string_view>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// A file system's magic bytes and where they stand in its superblock.
struct Magic {
  off_t offset;
  std::string_view bytes;
};

Magic magic_of(RootFormat format) {
  switch (format) {
    case RootFormat::kSquashfs:
      return {0, "hsqs"};
    case RootFormat::kExt4:
      return {1024 + 56, "\x53\xef"};
  }
  throw Error(ErrorKind::kInvalid, "this format has no check");
}

}  // namespace

void check_root_format(int fd, const std::string& path, RootFormat format) {
  const Magic magic = magic_of(format);
  std::string found(magic.bytes.size(), '\0');
  const ssize_t got = ::pread(fd, found.data(), found.size(), magic.offset);
  if (got < 0) throw_errno("reading " + path);
  if (found == magic.bytes) return;
  throw Error(ErrorKind::kInvalid,
              path + " is not a file system of the format " + std::string(name_of(format)));
}

}  // namespace workspace
