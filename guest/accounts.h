#pragma once

#include <string>
#include <string_view>

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// The text of /etc/passwd with the job's user in it, and no other line of that name. It stands
/// first, so that the uid leads to this name even where the image has a user with the same uid.
/// `shell` is the one that exists in the image. Errors: kInvalid for a name that would break the
/// file.
std::string passwd_with_user(std::string_view passwd, const GuestConfig& config,
                             const std::string& shell);

/// The same for /etc/shadow, with a password that nothing matches and no end.
std::string shadow_with_user(std::string_view shadow, const GuestConfig& config);

/// The same for /etc/group and all of the user's groups, with the user as their member.
std::string group_with_user(std::string_view group, const GuestConfig& config);

/// The user's shell where the image has it, else /bin/sh.
std::string shell_inside(const GuestConfig& config);

/// Puts the job's user and groups into /etc/passwd, /etc/group and, where the image has it,
/// /etc/shadow of the overlay and makes the home
/// folder if it is not there. Errors: kInvalid, kGuest.
void add_user(const GuestConfig& config);

}  // namespace workspace::agent
