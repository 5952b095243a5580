/// workspace-agent: PID 1 of a job's virtual machine.

#include <exception>

#include "guest/boot.h"
#include "guest/report.h"
#include "guest/server.h"

int main() {
  using namespace workspace::agent;
  occupy_standard_descriptors();
  try {
    const BootedGuest guest = boot();
    serve(guest);
  } catch (const std::exception& e) {
    fail(e.what());
  }
}
