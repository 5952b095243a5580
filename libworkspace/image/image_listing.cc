#include "libworkspace/image/image_listing.h"

#include "libworkspace/base/error.h"
#include "libworkspace/image/import.h"
#include "libworkspace/image/rpm_packages.h"
#include "libworkspace/image/tree_command.h"

namespace workspace {
namespace {

/// A million files with long names.
constexpr std::size_t kMaxListingBytes = std::size_t{512} << 20;

/// Without rpm on this machine all else can be told.
void read_rpm_packages(TreeListing& listing, const UniqueFd& database,
                       const std::string& work_folder, Deadline deadline) {
  if (listing.package_database != "rpm") return;
  if (listing.rpm_database.empty()) {
    listing.package_fault = "its RPM database is of a form that cannot be read";
    return;
  }
  try {
    listing.packages = rpm_packages(database, listing.rpm_database, work_folder, deadline);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kHost) throw;
    listing.package_fault = e.text();
  }
}

}  // namespace

TreeListing list_image(const OpenedImage& files, const std::string& name,
                       const std::string& tree_program, const std::string& work_folder,
                       Deadline deadline) {
  const SandboxLimits limits;
  const UniqueFd& root = files.root;
  const auto layers = archives_of_layers(files.layers, limits, work_folder, deadline);
  const UniqueFd program = open_tree_program(tree_program);
  TreeTask task;
  task.action = TreeTask::Action::kList;
  task.name = name;
  // An image that was registered may be larger than what an import takes without being asked.
  task.limits.max_bytes = UINT64_MAX;
  if (files.format == RootFormat::kExt4) {
    task.source = TreeTask::Source::kExt;
    task.input_fd = root.get();
  }
  for (const auto& layer : layers) task.layer_fds.push_back(layer.get());
  const UniqueFd database = make_work_file(work_folder);
  task.spool_fd = database.get();
  Command tree = tree_command(program, task, limits);
  tree.kept_fds.insert(tree.kept_fds.end(), task.layer_fds.begin(), task.layer_fds.end());
  tree.kept_fds.push_back(database.get());
  std::vector<Command> commands;
  if (files.format == RootFormat::kExt4) {
    tree.kept_fds.push_back(root.get());
  } else {
    commands.push_back(sandboxed({"sqfs2tar", "--root-becomes", ".", path_of(root)}, limits));
    commands.back().kept_fds = {root.get()};
  }
  commands.push_back(tree);
  auto results = run_pipeline(commands, deadline, {}, kMaxListingBytes);
  if (results.front().exit_status != 0 && results.size() > 1) {
    throw Error(ErrorKind::kInvalid,
                "reading " + name + ": " + last_line(results.front().error_output));
  }
  if (results.back().exit_status != 0) throw error_of_tree(results.back());
  TreeListing listing = parse_listing(results.back().output);
  read_rpm_packages(listing, database, work_folder, deadline);
  return listing;
}

}  // namespace workspace
