/// workspace-agent: PID 1 of a job's virtual machine, or beside the image's own (own_init.h); and,
/// for the programs inside, each of Slurm's commands (slurm_commands.h).

#include <unistd.h>

#include <exception>

#include "guest/boot.h"
#include "guest/out_of_memory.h"
#include "guest/own_init.h"
#include "guest/report.h"
#include "guest/server.h"
#include "guest/slurm_commands.h"

int main(int argc, char** argv) {
  using namespace workspace::agent;
  if (::getpid() != 1) return slurm_command_main(argc, argv);
  occupy_standard_descriptors();
  try {
    const BootedGuest guest = boot();
    if (guest.config.own_init) hand_over_to_init(argv[0]);
    spare_agent();
    serve(guest);
  } catch (const std::exception& e) {
    fail(e.what());
  }
}
