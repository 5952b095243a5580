#include "libworkspace/image/tree_work.h"

#include <fcntl.h>

#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/archive_source.h"
#include "libworkspace/image/ext_source.h"
#include "libworkspace/image/oci_layers.h"
#include "libworkspace/image/spool.h"
#include "libworkspace/image/tar_writer.h"
#include "libworkspace/image/tree_listing.h"
#include "libworkspace/image/tree_reading.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxManifestBytes = std::size_t{4} << 20;

UniqueFd open_in(int folder, const std::string& name) {
  UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) throw_errno("opening the image's file " + name);
  return fd;
}

std::unique_ptr<EntrySource> open_source(const TreeTask& task) {
  const bool upper = task.source == TreeTask::Source::kUpper;
  if (task.source == TreeTask::Source::kExt || upper) {
    return std::make_unique<ExtSource>("/proc/self/fd/" + std::to_string(task.input_fd),
                                       task.offset_bytes, task.name, upper ? "upper" : "");
  }
  return std::make_unique<ArchiveSource>(task.input_fd, task.name);
}

/// The source and the layers over it.
std::vector<std::unique_ptr<EntrySource>> open_sources(const TreeTask& task) {
  std::vector<std::unique_ptr<EntrySource>> sources;
  sources.push_back(open_source(task));
  for (const int fd : task.layer_fds) {
    sources.push_back(std::make_unique<ArchiveSource>(
        fd, "layer " + std::to_string(sources.size()) + " of " + task.name));
  }
  return sources;
}

/// A tree in the making, and what was left out of it.
class TreeWork {
 public:
  TreeWork(const TreeTask& task, Spool* spool)
      : task_(task), spool_(spool), tree_(task.limits, task.source == TreeTask::Source::kUpper) {}

  void read() {
    if (task_.source == TreeTask::Source::kLayers) return read_layers();
    const bool upper = task_.source == TreeTask::Source::kUpper;
    LayerForm form = upper ? LayerForm::kKeptOverlay : LayerForm::kNone;
    for (const auto& source : open_sources(task_)) {
      lay(*source, form);
      form = LayerForm::kOverlay;
    }
  }

  [[nodiscard]] const FileTree& tree() const { return tree_; }

  [[nodiscard]] TreeSummary summary() const {
    TreeSummary summary;
    summary.left_out = count_.entries;
    summary.sockets = count_.sockets;
    tree_.for_each([&](const std::string& path, const TreeNode& node, const std::string& first) {
      ++summary.entries;
      if (path == first) summary.bytes += node.entry.size_bytes;
    });
    return summary;
  }

 private:
  void lay(EntrySource& source, LayerForm form) {
    const LeftOutCount count = read_tree(source, {task_.left_out, form, spool_, {}}, tree_);
    count_.entries += count.entries;
    count_.sockets += count.sockets;
  }

  void read_layers() {
    const UniqueFd manifest = open_in(task_.input_fd, "manifest.json");
    const auto digests =
        layer_digests(read_all(manifest.get(), kMaxManifestBytes, "the image's manifest"));
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const UniqueFd layer = open_in(task_.input_fd, digests[i]);
      ArchiveSource source(layer.get(), "layer " + std::to_string(i + 1) + " of " + task_.name);
      lay(source, LayerForm::kOci);
    }
  }

  const TreeTask& task_;
  Spool* spool_;
  FileTree tree_;
  LeftOutCount count_;
};

/// A container image saved as an archive of archives would make a root file system without a single
/// program in it.
void refuse_container_archive(const TreeTask& task, const FileTree& tree) {
  const auto has = [&](std::string_view path) { return tree.find(path) != nullptr; };
  if (task.source != TreeTask::Source::kArchive || has("etc") || has("usr") || has("bin")) return;
  for (const auto& [mark, transport] :
       {std::pair{"manifest.json", "docker-archive:"}, std::pair{"oci-layout", "oci-archive:"}}) {
    if (!has(mark)) continue;
    throw Error(ErrorKind::kInvalid,
                task.name + " is a saved container image; import it as " + transport + "FILE");
  }
}

}  // namespace

TreeSummary do_tree_task(const TreeTask& task, int output_fd) {
  std::optional<Spool> spool;
  if (task.spool_fd >= 0) spool.emplace(task.spool_fd);
  if (task.action == TreeTask::Action::kTar && !spool)
    throw Error(ErrorKind::kUsage, "a tar needs a spool");
  if (task.action == TreeTask::Action::kList) {
    if (task.source == TreeTask::Source::kLayers)
      throw Error(ErrorKind::kUsage, "layers are not listed");
    list_tree(open_sources(task), task.limits, output_fd, task.spool_fd);
    return {};
  }
  TreeWork work(task, spool ? &*spool : nullptr);
  work.read();
  refuse_container_archive(task, work.tree());
  const TreeSummary summary = work.summary();
  if (summary.entries == 0)
    throw Error(ErrorKind::kNotFound, task.name + " is empty: there is nothing to import");
  if (task.action == TreeTask::Action::kTar)
    write_tar(work.tree(), *spool, task.newest_mtime_s, output_fd);
  return summary;
}

}  // namespace workspace
