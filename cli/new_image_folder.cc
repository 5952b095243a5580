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

Manifest NewImageFolder::publish(const UniqueFd& squashfs, Manifest manifest) const {
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
  return manifest;
}

std::string tell(const TreeSummary& summary) {
  return std::to_string(summary.entries) + " files, " + format_bytes(summary.bytes) +
         (summary.left_out == 0 ? "" : ", " + std::to_string(summary.left_out) + " left out") +
         (summary.sockets == 0 ? "" : ", " + std::to_string(summary.sockets) + " sockets left out");
}

void add_summary(Json& json, const TreeSummary& summary) {
  json.field("entries", summary.entries)
      .field("content_bytes", summary.bytes)
      .field("left_out", summary.left_out)
      .field("sockets_left_out", summary.sockets);
}

int tell_new_image(const Arguments& arguments, std::string_view command, const std::string& made,
                   const NewImageFolder& folder, const ImportedTree& tree,
                   const Manifest& manifest) {
  const std::string manifest_path = folder.path() + "/manifest.yaml";
  const std::string text =
      made + ": " + tell(tree.summary) + "\nnext: workspace image register " + manifest_path + "\n";
  return tell_deed(arguments, command, text, [&](Json& json) {
    json.field("image", manifest.name.text() + ":" + manifest.version.text())
        .field("folder", folder.path())
        .field("manifest", manifest_path)
        .field("file", manifest.root.path)
        .field("file_digest", manifest.root.digest->to_string())
        .field("file_bytes", manifest.root.size_bytes);
    add_summary(json, tree.summary);
  });
}

}  // namespace workspace::cli
