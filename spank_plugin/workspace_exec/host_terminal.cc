#include "spank_plugin/workspace_exec/host_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace workspace::exec {

HostTerminal::HostTerminal() {
  if (::tcgetattr(STDIN_FILENO, &saved_) != 0) return;
  struct termios raw = saved_;
  ::cfmakeraw(&raw);
  changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

HostTerminal::~HostTerminal() {
  if (changed_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
}

TerminalSize HostTerminal::size() {
  struct winsize window {};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &window) != 0) return {};
  return {window.ws_row, window.ws_col};
}

}  // namespace workspace::exec
