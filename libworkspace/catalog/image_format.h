#pragma once

#include <string>

#include "libworkspace/model/guest_config.h"

namespace workspace {

/// Refuses a root file that does not begin as a file system of its stated format: its admin learns
/// at registration what a user would else learn from a guest that does not boot. It is no check of
/// the file system; only guests mount it. `fd` stays at its position. Errors: kInvalid, naming
/// `path`; kHost.
void check_root_format(int fd, const std::string& path, RootFormat format);

}  // namespace workspace
