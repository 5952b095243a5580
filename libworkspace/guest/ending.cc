#include "libworkspace/guest/ending.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libworkspace/guest/signals.h"

namespace workspace {

void end_like(const TaskExit& end) {
  if (!end.signaled) ::_exit(end.code);
  const struct rlimit no_core { 0, 0 };
  ::setrlimit(RLIMIT_CORE, &no_core);
  Signals::restore();
  ::kill(::getpid(), end.code);
  // Not reached but for a signal whose default is not to end a process: the guest made it up.
  ::_exit(128 + end.code);
}

}  // namespace workspace
