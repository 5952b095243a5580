#include "cli/requester.h"

#include <unistd.h>

#include "libworkspace/lifecycle/user_account.h"

namespace workspace::cli {

Requester calling_user() { return find_user(::getuid()).requester(); }

}  // namespace workspace::cli
