#include "guest/report.h"

#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "libworkspace/base/text.h"

namespace workspace::agent {

void occupy_standard_descriptors() {
  int fd = -1;
  do {
    fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  ::close(fd);
}

void report(std::string_view text) {
  const std::string line = "workspace-agent: " + printable(text) + "\n";
  // Nothing can be done about a console that does not take it.
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

void fail(std::string_view text) {
  report(text);
  ::reboot(RB_POWER_OFF);
  // The kernel panics when PID 1 ends, and then the panic hides the reason given above.
  for (;;) ::pause();
}

}  // namespace workspace::agent
