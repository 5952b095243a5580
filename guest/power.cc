#include "guest/power.h"

#include <signal.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "guest/cgroups.h"

namespace workspace::agent {

void settle() {
  // systemd, frozen with the cgroup that it keeps itself in, starts no service anew.
  write_cgroup_control(cgroups_folder() + "/init.scope/cgroup.freeze", "1");
  // -1 spares PID 1 and this process. The short pause lets the dying close their files.
  ::kill(-1, SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ::sync();
}

void power_off() {
  settle();
  ::reboot(RB_POWER_OFF);
  for (;;) ::pause();
}

}  // namespace workspace::agent
