#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "libworkspace/base/deadline.h"

namespace workspace {

/// What a guest wrote on its console, made fit for a log: control bytes are escaped, empty lines
/// and carriage returns left out. Whole lines from the end, as many as `max_bytes` hold, each with
/// its newline; a single longer line is cut.
std::string console_lines(std::string_view output, std::size_t max_bytes);

/// The end of a console's log file; empty when it cannot be read.
std::string read_console_log(const std::string& path);

/// What waits on a console's pty: Xen's console daemon keeps the guest's last output until somebody
/// reads it. Empty when it cannot be read.
std::string read_console_pty(const std::string& path, Deadline deadline);

}  // namespace workspace
