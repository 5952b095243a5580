#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libworkspace/base/process.h"
#include "libworkspace/model/access.h"
#include "libworkspace/model/allocation.h"

namespace workspace {

/// The job's user as this node knows them (passwd and group, through NSS).
struct UserAccount {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
  std::vector<std::pair<std::string, std::uint32_t>> groups;  ///< name and gid; the primary first

  [[nodiscard]] Credentials credentials() const;
  /// The user and the groups; what a job adds to that is not known yet.
  [[nodiscard]] Requester requester() const;
  /// With the job's account, partition and QOS.
  [[nodiscard]] Requester requester(const Allocation& allocation) const;
};

/// Errors: kNotFound when the node has no such user; kHost.
UserAccount find_user(std::uint32_t uid);

}  // namespace workspace
