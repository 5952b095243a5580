#pragma once

#include <functional>
#include <string>

#include "libworkspace/base/fd.h"

namespace workspace::agent {

/// A network namespace of the agent's own for the control link: the job's programs do not see its
/// NIC. Programs that look for the machine's networks (MPI, Spark, Dask) would otherwise choose an
/// address that every VM has and no other VM reaches. It is no fence: root in the guest can enter
/// it.
///
/// A kernel without network namespaces (an image's own) leaves the link among the others.
class ControlNamespace {
 public:
  /// Makes it. Errors: none; without it run() works in the namespace of all.
  ControlNamespace();

  /// Moves a link there. Errors: kGuest.
  void take(const std::string& link) const;

  /// Does `work` in it; a socket that is made there stays there. Errors: what `work` throws;
  /// kGuest.
  void run(const std::function<void()>& work) const;

 private:
  UniqueFd home_;
  UniqueFd own_;
};

}  // namespace workspace::agent
