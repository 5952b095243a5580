#pragma once

#include <sys/types.h>

#include <vector>

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// Whom a task runs as inside the guest.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  /// The job's user, or root where the job asked for it.
  static User of(const GuestConfig& config);
};

/// Becomes `user` for good. A process that is not root must be that user already (tests run the
/// task server so). Errors: kGuest.
void become(const User& user);

/// Does file work with the user's rights for the object's life, so that the kernel checks each
/// access. Of no effect in a process that is not root.
class ActingAs {
 public:
  explicit ActingAs(const User& user);
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();

 private:
  bool switched_ = false;
};

}  // namespace workspace::agent
