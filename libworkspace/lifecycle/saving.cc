#include "libworkspace/lifecycle/saving.h"

#include <fcntl.h>
#include <unistd.h>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/catalog/registration.h"
#include "libworkspace/catalog/save_log.h"
#include "libworkspace/catalog/saved_image.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/image/import.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/lifecycle/user_account.h"
#include "libworkspace/network/job_namespace.h"

namespace workspace {
namespace {

/// For the line in the store that tells the user, when the time for the save itself is over.
constexpr std::chrono::seconds kTellTimeout{10};

/// One version for each run of a job: the second is 17.1.
ImageVersion version_of(const JobRecord& record) {
  std::string text = record.job.to_string();
  if (record.restart_count > 0) text += "." + std::to_string(record.restart_count);
  return ImageVersion::parse(text);
}

/// The job is over, and the disk goes when it has been read.
UniqueFd open_for_sandbox(const std::string& path) {
  UniqueFd disk(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!disk.valid()) throw_errno("opening the scratch disk " + path);
  give_to_sandbox(disk, "the scratch disk");
  return disk;
}

/// What was made by the agent and would be made anew, or lives no longer than its guest: so does
/// the job's script, in slurmd's spool.
LeftOut left_out_of_saves() {
  LeftOut left_out = left_out_of_images();
  left_out.add(LeftOut(
      {"tmp/*", "var/tmp/*", "var/spool/slurm*", "etc/hosts", "etc/hostname", "etc/machine-id"}));
  return left_out;
}

}  // namespace

void check_save(const SiteConfig& site, const Catalog& catalog, const Manifest& image,
                const ImageName& save_as, const std::string& user) {
  if (site.save_max_mib == 0)
    throw Error(ErrorKind::kDenied, "this site does not permit --workspace-save (save_max)");
  check_save_permitted(image);
  check_name_for_saving(catalog, save_as, user);
  check_room_for_save(site, saves_of(catalog, user), 0);
}

Saving::Saving(Node& node, const JobRecord& record)
    : node_(node),
      record_(record),
      wanted_(!record.save_as.empty() && record.state == WorkspaceState::kRunning),
      deadline_(Deadline::in(node.site.save_timeout)) {
  if (wanted_) image_ = record.save_as + ":" + version_of(record).text();
}

void Saving::settle() {
  if (!wanted_) return;
  try {
    if (!node_.hypervisor->is_running(record_.job, Node::step_deadline()))
      throw Error(ErrorKind::kGuest, "it had ended before the job did");
    AgentClient({namespace_file(record_.job), record_.guest_address, record_.port},
                {record_.token, record_.job.number(), record_.uid, record_.gid})
        .settle(deadline_);
  } catch (const Error& e) {
    fail("its virtual machine did not write out what it had: " + e.text());
  }
}

void Saving::keep() {
  if (!wanted_) return;
  try {
    tell("", register_layer());
  } catch (const Error& e) {
    fail(e.text());
  }
}

std::uint64_t Saving::register_layer() {
  const ImageRef ref = ImageRef::parse(record_.image);
  const RegisteredImage base = node_.catalog.open_pinned(ref.name, ImageVersion::parse(ref.version),
                                                         Digest::parse(record_.digest));
  const std::string user = find_user(record_.uid).name;
  const ImageName name = ImageName::parse(record_.save_as);
  check_save(node_.site, node_.catalog, base.manifest, name, user);

  ImportSource source;
  source.kind = SourceKind::kUpper;
  source.name = "the job's scratch disk";
  source.fd = open_for_sandbox(node_.scratch.path(record_.job));
  ImportOptions options;
  options.work_folder = node_.site.scratch;
  options.tree_program = std::string(build_paths::kLibexecDir) + "/workspace-tree";
  options.limits.max_bytes = node_.site.save_max_mib << 20U;
  options.left_out = left_out_of_saves();
  ImportedTree layer = import_tree(source, options, deadline_, [](auto...) {});
  const RegisteredImage saved = register_saved_image(
      node_.site, saved_manifest(base, name, version_of(record_), user, utc_now()),
      std::move(layer.squashfs), deadline_);
  return saved.manifest.layers.back().size_bytes;
}

void Saving::fail(const std::string& why) {
  wanted_ = false;
  tell(why, 0);
}

void Saving::tell(const std::string& fault, std::uint64_t size_bytes) {
  if (fault.empty()) {
    log_info("saved " + image_ + " of user " + std::to_string(record_.uid));
  } else {
    log_error("saving " + image_ + " of user " + std::to_string(record_.uid) + ": " + fault);
  }
  try {
    SaveEntry entry(record_.job);
    entry.time = utc_now();
    entry.node = record_.hostname;
    entry.image = image_;
    entry.size_bytes = size_bytes;
    entry.fault = fault;
    append_save(node_.site.store, record_.uid, entry, Deadline::in(kTellTimeout));
  } catch (const Error& e) {
    log_error("the user is not told how the save went: " + e.text());
  }
}

}  // namespace workspace
