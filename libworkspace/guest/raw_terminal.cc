#include "libworkspace/guest/raw_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace workspace {

RawTerminal::RawTerminal() {
  if (::tcgetattr(STDIN_FILENO, &saved_) != 0) return;
  struct termios raw = saved_;
  ::cfmakeraw(&raw);
  changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (changed_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
}

TerminalSize RawTerminal::size() {
  struct winsize window {};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &window) != 0) return {};
  return {window.ws_row, window.ws_col};
}

}  // namespace workspace
