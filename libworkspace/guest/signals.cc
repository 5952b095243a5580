#include "libworkspace/guest/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "libworkspace/base/error.h"

namespace workspace {

Signals::Signals() {
  sigset_t passed_on;
  ::sigfillset(&passed_on);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGCHLD, SIGPIPE,
                        SIGTTIN, SIGTTOU})
    ::sigdelset(&passed_on, own);
  ::signal(SIGPIPE, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &passed_on, nullptr);
  fd_ = UniqueFd(::signalfd(-1, &passed_on, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.valid()) throw_errno("watching for signals");
}

std::optional<int> Signals::next() const {
  struct signalfd_siginfo info {};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

void Signals::restore() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace workspace
