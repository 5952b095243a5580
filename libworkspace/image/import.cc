#include "libworkspace/image/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/container_image.h"
#include "libworkspace/image/disk_image.h"
#include "libworkspace/image/image_build.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/image/sif_header.h"
#include "libworkspace/image/tree_command.h"

namespace workspace {
namespace {

/// Above the contents stand the file systems' own structures.
constexpr std::uint64_t kFileSystemOverheadBytes = std::uint64_t{1} << 30;
constexpr int kSigpipe = 128 + SIGPIPE;

/// A word of a remote shell's command line.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

class Import {
 public:
  Import(ImportSource& source, const ImportOptions& options, Deadline deadline,
         const ImportProgress& progress)
      : source_(source), options_(options), deadline_(deadline), progress_(progress) {
    limits_.max_file_bytes = options.limits.max_bytes + kFileSystemOverheadBytes;
    task_.action = options.dry_run ? TreeTask::Action::kCheck : TreeTask::Action::kTar;
    task_.name = source.name;
    task_.limits = options.limits;
    task_.newest_mtime_s = options.newest_mtime_s;
    task_.left_out = options.left_out;
  }

  ImportedTree run() {
    open_source();
    open_layers();
    return convert();
  }

 private:
  void open_source() {
    switch (source_.kind) {
      case SourceKind::kFolder:
        return read_folder();
      case SourceKind::kArchive:
        return read_archive();
      case SourceKind::kContainer:
        return read_container();
      case SourceKind::kSif:
        return read_squashfs(
            source_.fd, sif_root_partition(source_.fd.get(), source_.size_bytes, source_.name));
      case SourceKind::kSquashfs:
        return read_squashfs(source_.fd, {0, source_.size_bytes});
      case SourceKind::kQcow2:
        progress_("reading the disk", 0, 0);
        held_ = raw_from_qcow2(source_.fd, source_.size_bytes, source_.name, limits_,
                               options_.work_folder, deadline_);
        return read_disk(held_);
      case SourceKind::kDisk:
        return read_disk(for_sandbox(source_.fd));
      case SourceKind::kExt:
        return read_ext(for_sandbox(source_.fd), 0);
      case SourceKind::kMachine:
        return read_machine();
      case SourceKind::kUpper:
        read_ext(source_.fd, 0);
        task_.source = TreeTask::Source::kUpper;
        return;
      case SourceKind::kBuild:
        feeder_ = source_.builder;
    }
  }

  void open_layers() {
    if (source_.layers.empty()) return;
    progress_("reading the layers", 0, 0);
    layer_archives_ = archives_of_layers(source_.layers, limits_, options_.work_folder, deadline_);
    for (const auto& archive : layer_archives_) {
      task_.layer_fds.push_back(archive.get());
      kept_fds_.push_back(archive.get());
    }
  }

  /// With the caller's rights: a folder has nothing to parse, and only they may read all of it.
  void read_folder() {
    Command tar;
    tar.argv = {"tar",
                "--create",
                "--file=-",
                "--sort=name",
                "--format=posix",
                "--pax-option=delete=atime,delete=ctime",
                "--numeric-owner",
                "--xattrs",
                "--xattrs-include=user.*",
                "--xattrs-include=security.capability",
                "--anchored",
                "--no-wildcards-match-slash"};
    // By tar as well: of a file with several names it then tells the first that stays.
    for (const auto& pattern : options_.left_out.patterns())
      tar.argv.push_back("--exclude=./" + pattern);
    tar.argv.push_back("--directory=" + source_.path);
    tar.argv.emplace_back(".");
    feeder_ = tar;
  }

  void read_archive() {
    if (::lseek(source_.fd.get(), 0, SEEK_SET) != 0) throw_errno("reading " + source_.name);
    input_fd_ = source_.fd.get();
    total_bytes_ = source_.size_bytes;
  }

  void read_container() {
    progress_("reading the image", 0, 0);
    layers_ = std::make_unique<ContainerLayers>(source_, limits_, options_.work_folder, deadline_);
    task_.source = TreeTask::Source::kLayers;
    task_.input_fd = layers_->folder().get();
    kept_fds_.push_back(task_.input_fd);
  }

  void read_squashfs(const UniqueFd& file, const FileRange& range) {
    held_ = copy_to_work_file(file, range.offset_bytes, range.size_bytes, options_.work_folder,
                              source_.name);
    Command command = sandboxed({"sqfs2tar", "--root-becomes", ".", path_of(held_)}, limits_);
    command.kept_fds = {held_.get()};
    feeder_ = command;
  }

  void read_ext(const UniqueFd& file, std::uint64_t offset_bytes) {
    task_.source = TreeTask::Source::kExt;
    task_.input_fd = file.get();
    task_.offset_bytes = offset_bytes;
    kept_fds_.push_back(task_.input_fd);
  }

  void read_disk(const UniqueFd& disk) {
    struct stat info {};
    if (::fstat(disk.get(), &info) != 0) throw_errno("reading the state of " + source_.name);
    const auto root = find_root_partition(disk, static_cast<std::uint64_t>(info.st_size),
                                          options_.partition, source_.name, limits_, deadline_);
    if (!root.squashfs) return read_ext(disk, root.range.offset_bytes);
    const UniqueFd whole(::fcntl(disk.get(), F_DUPFD_CLOEXEC, 3));
    read_squashfs(whole, root.range);
  }

  void read_machine() {
    std::string remote =
        "tar -c -f - --numeric-owner --one-file-system --anchored --no-wildcards-match-slash";
    for (const auto& pattern : options_.left_out.patterns())
      remote += " " + quoted("--exclude=./" + pattern);
    remote += " -C " + quoted(source_.path) + " .";
    Command shell;
    shell.argv = options_.remote_shell;
    shell.argv.push_back(source_.host);
    shell.argv.push_back(remote);
    shell.environment = options_.remote_shell_environment;
    feeder_ = shell;
  }

  /// The file itself, where the sandbox may open it; else a copy.
  const UniqueFd& for_sandbox(const UniqueFd& file) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw_errno("reading the state of " + source_.name);
    if (::geteuid() != 0 || (info.st_mode & S_IROTH) != 0) return file;
    held_ = copy_to_work_file(file, 0, source_.size_bytes, options_.work_folder, source_.name);
    return held_;
  }

  ImportedTree convert() {
    ImportedTree imported;
    const UniqueFd program = open_tree_program(options_.tree_program);
    UniqueFd spool;
    if (!options_.dry_run) {
      spool = make_work_file(options_.work_folder);
      imported.squashfs = make_work_file(options_.work_folder);
      task_.spool_fd = spool.get();
      kept_fds_.push_back(spool.get());
    }
    Command tree = tree_command(program, task_, limits_);
    tree.kept_fds.insert(tree.kept_fds.end(), kept_fds_.begin(), kept_fds_.end());
    tree.stdin_fd = input_fd_;
    std::vector<Command> commands;
    if (feeder_) commands.push_back(*feeder_);
    commands.push_back(tree);
    if (!options_.dry_run) commands.push_back(squashfs_writer(imported.squashfs));
    const auto results =
        run_pipeline(commands, deadline_, [&] { watch(spool, imported.squashfs); });
    judge(results, imported);
    return imported;
  }

  [[nodiscard]] Command squashfs_writer(const UniqueFd& squashfs) const {
    Command command = sandboxed(
        {"tar2sqfs", "--quiet", "--force", "--no-skip", "--compressor", options_.compression,
         "--defaults", "uid=0,gid=0,mode=0755,mtime=0", path_of(squashfs)},
        limits_);
    // Its own default of 15 costs ten times as long for a tenth less.
    if (options_.compression == "zstd")
      command.argv.insert(command.argv.begin() + 1, {"--comp-extra", "level=3"});
    command.kept_fds = {squashfs.get()};
    return command;
  }

  void watch(const UniqueFd& spool, const UniqueFd& squashfs) const {
    struct stat info {};
    if (squashfs.valid() && ::fstat(squashfs.get(), &info) == 0 && info.st_size > 0)
      return progress_("writing the squashfs", static_cast<std::uint64_t>(info.st_size), 0);
    // The descriptor is shared with the reader, and so is its position.
    const off_t at = total_bytes_ > 0 ? ::lseek(source_.fd.get(), 0, SEEK_CUR) : -1;
    if (at >= 0) return progress_("reading", static_cast<std::uint64_t>(at), total_bytes_);
    if (spool.valid() && ::fstat(spool.get(), &info) == 0)
      progress_(source_.kind == SourceKind::kBuild ? "building" : "reading",
                static_cast<std::uint64_t>(info.st_size), 0);
  }

  /// Whose fault is told when several failed: the feeder's own; else that of workspace-tree, which
  /// ends the feeder by SIGPIPE; else that of the writer.
  void judge(const std::vector<CommandResult>& results, ImportedTree& imported) const {
    const CommandResult& tree = results[feeder_ ? 1 : 0];
    const bool refused = tree.exit_status == exit_status(ErrorKind::kInvalid) ||
                         tree.exit_status == exit_status(ErrorKind::kExceeded);
    if (feeder_ && !refused) judge_feeder(results[0], imported);
    const bool writer_failed = !options_.dry_run && results.back().exit_status != 0;
    if (writer_failed && (tree.exit_status == 0 || !refused) &&
        tree.exit_status != exit_status(ErrorKind::kNotFound)) {
      throw Error(ErrorKind::kHost, "writing the squashfs: " +
                                        printable(last_line(results.back().error_output), 512));
    }
    if (tree.exit_status != 0) throw error_of_tree(tree);
    imported.summary = TreeSummary::parse(last_line(tree.error_output));
  }

  void judge_feeder(const CommandResult& feeder, ImportedTree& imported) const {
    if (feeder.exit_status == 0 || feeder.exit_status == kSigpipe) return;
    if (source_.kind == SourceKind::kBuild)
      throw Error(ErrorKind::kInvalid,
                  "building " + source_.name + ": " + first_fault(feeder.error_output));
    const std::string why = printable(last_line(feeder.error_output), 256);
    // tar's 1: a file was changed while it was read, as on a machine that runs.
    if (source_.kind == SourceKind::kMachine && feeder.exit_status == 1) {
      imported.notes.push_back("some files of " + source_.host +
                               " were changed while they were read: " + why);
      return;
    }
    throw Error(source_.kind == SourceKind::kFolder || source_.kind == SourceKind::kMachine
                    ? ErrorKind::kHost
                    : ErrorKind::kInvalid,
                "reading " + source_.name + ": " +
                    (why.empty() ? "status " + std::to_string(feeder.exit_status) : why));
  }

  ImportSource& source_;
  const ImportOptions& options_;
  Deadline deadline_;
  const ImportProgress& progress_;
  SandboxLimits limits_;
  TreeTask task_;
  std::optional<Command> feeder_;
  std::vector<int> kept_fds_;
  int input_fd_ = -1;
  std::uint64_t total_bytes_ = 0;
  UniqueFd held_;
  std::unique_ptr<ContainerLayers> layers_;
  std::vector<UniqueFd> layer_archives_;
};

}  // namespace

std::vector<UniqueFd> archives_of_layers(const std::vector<UniqueFd>& layers,
                                         const SandboxLimits& limits,
                                         const std::string& work_folder, Deadline deadline) {
  std::vector<UniqueFd> archives;
  for (const auto& layer : layers) {
    UniqueFd archive = make_work_file(work_folder);
    Command reader = sandboxed({"sqfs2tar", "--root-becomes", ".", path_of(layer)}, limits);
    reader.kept_fds = {layer.get()};
    Command writer =
        sandboxed({"dd", "bs=1M", "conv=notrunc", "status=none", "of=" + path_of(archive)}, limits);
    writer.kept_fds = {archive.get()};
    for (const auto& result : run_pipeline({reader, writer}, deadline)) {
      if (result.exit_status == 0) continue;
      throw Error(ErrorKind::kInvalid, "reading layer " + std::to_string(archives.size() + 1) +
                                           ": " + printable(last_line(result.error_output), 256));
    }
    archives.push_back(std::move(archive));
  }
  return archives;
}

ImportedTree import_tree(ImportSource& source, const ImportOptions& options, Deadline deadline,
                         const ImportProgress& progress) {
  return Import(source, options, deadline, progress).run();
}

}  // namespace workspace
