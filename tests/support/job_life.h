#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "libworkspace/lifecycle/node.h"

namespace workspace::testing {

/// A node of the soak's own below `folder`, with libvirt's test driver for a hypervisor: it takes
/// all calls and runs nothing. The driver's domains live and end with the process.
Node open_test_node(const std::string& folder);

/// Puts the one image of all jobs into the shared store below `folder`.
void make_image(const std::string& folder);

/// What a prolog does for a job before its guest has a part in it, in the prolog's order and by the
/// library's own calls; then the job has what any job has, but for the processes of its user.
class JobLife {
 public:
  JobLife(Node& node, JobId job) : node_(node), job_(job) {}

  static constexpr std::size_t kSteps = 7;

  /// The first `steps` of them: fewer are a prolog that is cut short there.
  void begin(std::size_t steps = kSteps);

  /// What the epilog does.
  void end();

 private:
  void make_record();
  void stage();
  void make_disk();
  void make_network();
  void describe();
  void create();
  void tell_it_runs();

  Node& node_;
  JobId job_;
};

}  // namespace workspace::testing
