#include "guest/boot.h"

#include <unistd.h>

#include <cerrno>

#include "guest/accounts.h"
#include "guest/files.h"
#include "guest/machine.h"
#include "guest/network.h"
#include "guest/root_file_system.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

/// Runs one step of the boot and puts its name in front of its error.
template <class Step>
auto step(const char* name, Step run) {
  try {
    return run();
  } catch (Error& e) {
    throw e.in(name);
  }
}

/// The file holds the token, so it is gone before anything of the user's runs.
GuestConfig read_configuration() {
  const std::string path = std::string("/") + GuestConfig::kArchiveName;
  GuestConfig config = GuestConfig::parse(read_file(path, GuestConfig::kMaxBytes));
  if (::unlink(path.c_str()) != 0) throw_guest_errno("removing " + path);
  return config;
}

void load_drivers(const Modules& modules, const GuestConfig& config) {
  modules.load(hypervisor_name() == "xen" ? "xen" : "virtio");
  modules.load("overlay");
  modules.load("ext4");
  modules.load("root-" + std::string(name_of(config.root_format)));
}

}  // namespace

BootedGuest boot() {
  step("mounting the kernel's file systems", mount_kernel_file_systems);
  GuestConfig config = step("reading the job's configuration", read_configuration);
  Modules modules("/modules");
  step("loading drivers", [&] { load_drivers(modules, config); });
  step("mounting the image", [&] { mount_image(config); });
  step("mounting the scratch disk", [&] { mount_scratch(config); });
  step("laying the overlay", lay_overlay);
  step("entering the root", enter_root);
  step("mounting the system's folders", mount_system_folders);
  step("setting up the network", [&] { set_up_network(config); });
  step("naming the host", [&] { name_host(config); });
  step("adding the job's user", [&] { add_user(config); });
  return {std::move(config), std::move(modules)};
}

}  // namespace workspace::agent
