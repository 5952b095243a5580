#pragma once

#include <sys/types.h>

#include <string>

namespace workspace {

/// Lets one user read a file of root's, and nobody else but root, by an access control list
/// (acl(5)): the file stays root's, so that the user can neither alter it nor its rights, as an
/// owner could. Errors: kHost, also where the file system has no such lists.
void grant_reading(const std::string& path, uid_t uid);

}  // namespace workspace
