#include "libworkspace/guest/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

#include "libworkspace/base/error.h"

namespace workspace {

namespace {

bool was_sent(const struct signalfd_siginfo& info) {
  // By sigaction(2) what the kernel says of a child has a positive code.
  if (info.ssi_signo == SIGCHLD) return info.ssi_code <= 0;
  return info.ssi_signo != SIGPIPE || info.ssi_pid != static_cast<std::uint32_t>(::getpid());
}

}  // namespace

Signals::Signals(AtTerminal at_terminal) {
  sigset_t passed_on;
  ::sigfillset(&passed_on);
  if (at_terminal == AtTerminal::kStop) {
    ::sigdelset(&passed_on, SIGTTIN);
    ::sigdelset(&passed_on, SIGTTOU);
  }
  ::sigprocmask(SIG_SETMASK, &passed_on, nullptr);
  fd_ = UniqueFd(::signalfd(-1, &passed_on, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_.valid()) throw_errno("watching for signals");
}

std::optional<int> Signals::next() const {
  struct signalfd_siginfo info {};
  while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
    if (was_sent(info)) return static_cast<int>(info.ssi_signo);
  }
  return std::nullopt;
}

void Signals::restore() {
  // One that waits comes of a write of this process's own; ignoring it discards it.
  ::signal(SIGPIPE, SIG_IGN);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace workspace
