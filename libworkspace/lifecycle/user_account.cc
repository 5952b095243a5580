#include "libworkspace/lifecycle/user_account.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::size_t kNssBufferBytes = 65536;
constexpr int kMaxGroups = 65536;

std::string group_name(gid_t gid) {
  struct group entry {};
  struct group* found = nullptr;
  std::vector<char> buffer(kNssBufferBytes);
  const int error = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  // A gid without a name still gives its rights; it gets a name that says what it is.
  return error == 0 && found != nullptr ? found->gr_name : "gid" + std::to_string(gid);
}

std::vector<gid_t> group_ids(const std::string& user, gid_t primary) {
  std::vector<gid_t> gids(64);
  int count = static_cast<int>(gids.size());
  while (::getgrouplist(user.c_str(), primary, gids.data(), &count) < 0) {
    if (count > kMaxGroups)
      throw Error(ErrorKind::kHost, "user '" + user + "' is in too many groups");
    gids.resize(static_cast<std::size_t>(count));
  }
  gids.resize(static_cast<std::size_t>(count));
  return gids;
}

}  // namespace

Credentials UserAccount::credentials() const {
  Credentials credentials{uid, gid, {}};
  for (const auto& [group, id] : groups) credentials.groups.push_back(id);
  return credentials;
}

Requester UserAccount::requester() const {
  Requester requester;
  at(requester, AccessBy::kUsers) = {name};
  AccessNames names;
  for (const auto& [group, id] : groups) names.push_back(group);
  at(requester, AccessBy::kGroups) = std::move(names);
  return requester;
}

Requester UserAccount::requester(const Allocation& allocation) const {
  const auto names = [](const std::string& word) {
    return word.empty() ? AccessNames() : AccessNames{word};
  };
  Requester of_job = requester();
  at(of_job, AccessBy::kAccounts) = names(allocation.account);
  at(of_job, AccessBy::kPartitions) = names(allocation.partition);
  at(of_job, AccessBy::kQos) = names(allocation.qos);
  return of_job;
}

UserAccount find_user(std::uint32_t uid) {
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::vector<char> buffer(kNssBufferBytes);
  const int error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) throw_errno("looking up uid " + std::to_string(uid), error);
  if (found == nullptr)
    throw Error(ErrorKind::kNotFound, "this node knows no user with uid " + std::to_string(uid));
  UserAccount account{found->pw_name, found->pw_uid,   found->pw_gid,
                      found->pw_dir,  found->pw_shell, {}};
  account.groups.emplace_back(group_name(account.gid), account.gid);
  for (const gid_t gid : group_ids(account.name, account.gid)) {
    if (gid != account.gid) account.groups.emplace_back(group_name(gid), gid);
  }
  return account;
}

}  // namespace workspace
