#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/image_recipe.h"
#include "libworkspace/model/job_record.h"

namespace workspace {

/// A virtual machine of an image that no job has: made for one script, which runs in it as root,
/// and thrown away. It has neither a way to any network, nor a folder of the node's, nor Slurm's
/// commands. Its number is one that Slurm gives to no job (is_build), so what a killed build leaves
/// is found, and removed, as what a lost job leaves is.
class BuildMachine {
 public:
  /// Errors: kBusy when there is no number left; kHost.
  BuildMachine(Node& node, const std::string& node_name);
  BuildMachine(const BuildMachine&) = delete;
  BuildMachine& operator=(const BuildMachine&) = delete;
  /// Removes all of it; what cannot be removed is told in the log.
  ~BuildMachine();

  /// Boots the image, in steps as a job's prolog does, and writes the use of it to the audit log.
  /// Errors: kDenied for an image that nobody may use or whose boot mode is not `agent`; kGuest for
  /// one that does not boot; kBusy, kExceeded for a disk that there is no room for; kTimeout;
  /// kHost.
  void boot(const RegisteredImage& image, const VmSource& size);

  /// Runs a script in it (guest_script.h).
  TaskExit run(const std::string& script, const std::vector<std::string>& environment,
               Deadline deadline, const std::function<void(std::string_view)>& take_output);

  /// Has all that was written on the disk, ends the machine, and returns the disk, which the tools
  /// without rights may read (image/sandbox.h). Errors: kGuest; kTimeout; kHost.
  UniqueFd take_disk();

 private:
  void authorise(const RegisteredImage& image);
  void describe(const Manifest& image, const std::string& initrd, std::size_t layers);
  [[nodiscard]] AgentClient agent() const;

  Node& node_;
  JobRecord record_;
  std::optional<FileLock> lock_;
};

}  // namespace workspace
