#include "cli/new_image_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/output.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/manifest_file.h"

namespace workspace::cli {

NewImageFolder::NewImageFolder(std::string path) : path_(std::move(path)) {
  make_trusted_folder(path_, 0755);
  fd_ = open_trusted_folder(path_);
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
    throw Error(ErrorKind::kDenied, "another import writes to " + path_);
  if (::faccessat(fd_.get(), "manifest.yaml", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    throw Error(ErrorKind::kDenied, path_ +
                                        "/manifest.yaml is there already; choose another --out, "
                                        "or remove it");
  }
}

void NewImageFolder::publish(const UniqueFd& squashfs, Manifest manifest) const {
  const std::string name = manifest.name.text() + ".squashfs";
  PartialFile partial(path_, name);
  if (::lseek(squashfs.get(), 0, SEEK_SET) != 0) throw_errno("reading the squashfs");
  const auto copied = partial.copy_from(squashfs.get(), "the squashfs", INT64_MAX, {});
  partial.sync();
  partial.publish(0644);
  manifest.root.path = name;
  manifest.root.digest = Digest(copied.sha256);
  manifest.root.size_bytes = copied.size_bytes;
  write_file_atomic(path_ + "/manifest.yaml", format_manifest(manifest), 0644);
}

std::string tell(const TreeSummary& summary) {
  return std::to_string(summary.entries) + " files, " + format_bytes(summary.bytes) +
         (summary.left_out == 0 ? "" : ", " + std::to_string(summary.left_out) + " left out") +
         (summary.sockets == 0 ? "" : ", " + std::to_string(summary.sockets) + " sockets left out");
}

}  // namespace workspace::cli
