// libslurm where no controller answers. What it says where one does, tests/e2e sees.

#include <cstdlib>

#include "libworkspace/slurm/allocation_reader.h"
#include "libworkspace/slurm/job_query.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;

constexpr char kSlurmConf[] = R"(ClusterName=none
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=1
MessageTimeout=2
NodeName=node1
PartitionName=main Nodes=ALL
)";

TEST(SlurmControllerTest, NoAnswerIsAFaultOfTheHostAndNotAnEndedJob) {
  const testing::TemporaryFolder folder;
  // libslurm reads it once in a process; this suite has no other test that needs it.
  ASSERT_EQ(::setenv("SLURM_CONF", folder.write("slurm.conf", kSlurmConf).c_str(), 1), 0);
  const auto deadline = Deadline::in(std::chrono::seconds(60));
  const std::string reason = ": Unable to contact slurm controller (connect failure)";
  expect_error([&] { job_is_on_node(JobId(1), "node1", deadline); }, ErrorKind::kHost,
               "asking the controller for job 1" + reason);
  expect_error([&] { jobs_on_node("node1", deadline); }, ErrorKind::kHost,
               "asking the controller for the node's jobs" + reason);
  expect_error([&] { read_allocation(JobId(1), "node1", deadline); }, ErrorKind::kHost,
               "asking the controller for job 1" + reason);
  expect_error([] { jobs_on_node("node1", Deadline::in(std::chrono::milliseconds(100))); },
               ErrorKind::kTimeout,
               "asking Slurm's controller for the node's jobs: no answer in time");
}

}  // namespace
}  // namespace workspace
