#include "guest/user.h"

#include <grp.h>
#include <unistd.h>

#include <exception>

#include "guest/files.h"

namespace workspace::agent {

User User::of(const GuestConfig& config) {
  if (config.root_inside) return {0, 0, {0}};
  User user{config.uid, config.gid, {}};
  for (const auto& [name, gid] : config.groups) user.groups.push_back(gid);
  return user;
}

void become(const User& user) {
  if (::geteuid() != 0 && ::geteuid() == user.uid) return;
  if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
      ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0)
    throw_guest_errno("becoming user " + std::to_string(user.uid));
}

ActingAs::ActingAs(const User& user) {
  if (::geteuid() != 0) return;
  if (::setgroups(user.groups.size(), user.groups.data()) != 0 || ::setegid(user.gid) != 0 ||
      ::seteuid(user.uid) != 0)
    throw_guest_errno("acting as user " + std::to_string(user.uid));
  switched_ = true;
}

ActingAs::~ActingAs() {
  if (!switched_) return;
  if (::seteuid(0) != 0 || ::setegid(0) != 0 || ::setgroups(0, nullptr) != 0) std::terminate();
}

}  // namespace workspace::agent
