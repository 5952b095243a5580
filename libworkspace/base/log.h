#pragma once

#include <string>
#include <string_view>

namespace workspace {

/// Sets the words in front of every line, such as `prolog: job 42`. Lines go to stderr, which
/// slurmd keeps in its log for prolog and epilog, and to syslog(3) with the facility `daemon`.
void set_log_context(std::string_view program, std::string_view job);

/// From here on lines go to syslog(3) alone: for a program of root's whose stderr is a user's.
void keep_log_from_stderr();

/// One line each; control bytes in the text are escaped, so that nothing a guest or a user sent can
/// forge a line.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace workspace
