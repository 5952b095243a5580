#include "guest/boot.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "guest/accounts.h"
#include "guest/cgroups.h"
#include "guest/files.h"
#include "guest/machine.h"
#include "guest/network.h"
#include "guest/own_init.h"
#include "guest/report.h"
#include "guest/root_file_system.h"
#include "guest/slurm_commands.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

/// The steps of the boot, timed; an error gets the name of its step in front.
class Steps {
 public:
  template <class Step>
  auto run(const std::string& name, Step step) {
    const Timer timer(*this, name);
    try {
      return step();
    } catch (Error& e) {
      throw e.in(name);
    }
  }

  /// `NAME TIME, …` of the steps that took more than a moment.
  [[nodiscard]] const std::string& times() const { return times_; }

 private:
  using Clock = std::chrono::steady_clock;

  class Timer {
   public:
    Timer(Steps& steps, const std::string& name) : steps_(steps), name_(name) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() {
      const auto took =
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
      if (took < kWorthTelling) return;
      if (!steps_.times_.empty()) steps_.times_ += ", ";
      steps_.times_ += name_ + " " + std::to_string(took.count()) + " ms";
    }

   private:
    Steps& steps_;
    const std::string& name_;
    Clock::time_point begin_ = Clock::now();
  };

  static constexpr std::chrono::milliseconds kWorthTelling{5};
  std::string times_;
};

/// The file holds the token, so it is gone before anything of the user's runs.
GuestConfig read_configuration() {
  const std::string path = std::string("/") + GuestConfig::kArchiveName;
  GuestConfig config = GuestConfig::parse(read_file(path, GuestConfig::kMaxBytes));
  if (::unlink(path.c_str()) != 0) throw_guest_errno("removing " + path);
  return config;
}

/// An image's own init mounts the cgroups where it wants them, in the version that it knows; the
/// agent's, of the same hierarchy or beside it, are not in its way here.
void mount_task_cgroups(const GuestConfig& config) {
  mount_cgroups(config.own_init ? "/run/workspace/cgroup" : "/sys/fs/cgroup");
}

void load_drivers(const Modules& modules, const GuestConfig& config) {
  modules.load(hypervisor_name() == "xen" ? "xen" : "virtio");
  modules.load("overlay");
  modules.load("ext4");
  modules.load("root-" + std::string(name_of(config.root_format)));
  if (!config.layer_devices.empty()) modules.load("root-squashfs");
}

}  // namespace

BootedGuest boot() {
  Steps steps;
  steps.run("mounting the kernel's file systems", mount_kernel_file_systems);
  GuestConfig config = steps.run("reading the job's configuration", read_configuration);
  Modules modules("/modules");
  steps.run("loading drivers", [&] { load_drivers(modules, config); });
  if (config.mounts_folders) modules.load_ahead("9p");
  steps.run("mounting the image", [&] { mount_image(config); });
  steps.run("mounting the scratch disk", [&] { mount_scratch(config); });
  steps.run("laying the overlay", [&] { lay_overlay(config); });
  steps.run("entering the root", enter_root);
  steps.run("mounting the system's folders", mount_system_folders);
  steps.run("mounting cgroups", [&] { mount_task_cgroups(config); });
  steps.run("bounding the tasks' memory", TaskCgroup::bound_all);
  ControlNamespace control;
  steps.run("setting up the network", [&] { set_up_network(config, control); });
  steps.run("naming the host", [&] { name_host(config); });
  steps.run("adding the job's user", [&] { add_user(config); });
  steps.run("offering Slurm's commands", offer_slurm_commands);
  if (config.own_init) steps.run("preparing for the image's init", prepare_for_init);
  report("ready: " + steps.times());
  return {std::move(config), std::move(modules), std::move(control)};
}

}  // namespace workspace::agent
