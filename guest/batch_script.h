#pragma once

#include <string>

#include "guest/user.h"

namespace workspace::agent {

/// Writes the batch script at its path on the node, mode 0700 and the user's, so that `$0` and
/// error messages read as without a workspace. Folders that are missing are made, the last of them
/// for the user; the file itself is written with the user's rights, so the path, which the user may
/// choose, gives no access that the user has not. Errors: kGuest.
void write_batch_script(const std::string& path, const std::string& content, const User& user);

}  // namespace workspace::agent
