#include "cli/held_interruption.h"

#include <signal.h>

#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

}  // namespace

HeldInterruption::HeldInterruption() {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

HeldInterruption::~HeldInterruption() {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void HeldInterruption::check() const {
  sigset_t pending;
  ::sigpending(&pending);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (::sigismember(&pending, signal) == 1)
      throw Error(ErrorKind::kTimeout, "it was interrupted; what it had made is removed");
  }
}

}  // namespace workspace::cli
