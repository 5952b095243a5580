// Teardown on a node whose hypervisor is libvirt's test driver.

#include "libworkspace/lifecycle/teardown.h"

#include <filesystem>

#include "libworkspace/network/job_namespace.h"
#include "tests/support/job_life.h"
#include "tests/support/private_node.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::IsEmpty;
using testing::JobLife;
using testing::make_image;
using testing::on_private_node;
using testing::open_test_node;
using testing::TemporaryFolder;

const JobId kJob(42);

/// What a job has on the node, by each of the places that a reconcile looks at.
std::vector<JobId> traces(Node& node) {
  std::vector<JobId> found = node.records.jobs();
  for (const auto& domain : node.hypervisor->list(Node::step_deadline()))
    found.push_back(domain.job);
  for (const JobId job : node.scratch.jobs()) found.push_back(job);
  for (const JobId job : JobNamespace::list()) found.push_back(job);
  return found;
}

void on_test_node(const std::function<void(Node&)>& body) {
  const TemporaryFolder folder;
  on_private_node([&] {
    make_image(folder.path());
    Node node = open_test_node(folder.path());
    body(node);
  });
}

void save_record(Node& node, WorkspaceState state) {
  JobRecord record(kJob);
  record.state = state;
  node.records.save(record);
}

TEST(TeardownTest, LeavesNothingWhereverThePrologWasCutShort) {
  on_test_node([](Node& node) {
    for (std::size_t steps = 0; steps <= JobLife::kSteps; ++steps) {
      JobLife(node, kJob).begin(steps);
      tear_down_workspace(node, kJob);
      EXPECT_THAT(traces(node), IsEmpty()) << "after " << steps << " steps";
      tear_down_workspace(node, kJob);  // already gone
      EXPECT_THAT(traces(node), IsEmpty()) << "after " << steps << " steps";
    }
  });
}

TEST(TeardownTest, AWorkspaceIsInUseByItsRecordUntilItsEndBegins) {
  on_test_node([](Node& node) {
    EXPECT_FALSE(is_in_use(node.records, kJob));
    node.records.make_folder(kJob);
    EXPECT_FALSE(is_in_use(node.records, kJob));
    for (const auto state : {WorkspaceState::kPreparing, WorkspaceState::kRunning,
                             WorkspaceState::kSuspended, WorkspaceState::kFailed}) {
      save_record(node, state);
      EXPECT_TRUE(is_in_use(node.records, kJob)) << name_of(state);
    }
    save_record(node, WorkspaceState::kEnding);
    EXPECT_FALSE(is_in_use(node.records, kJob));
    std::filesystem::resize_file(node.records.file(kJob, JobRecord::kFileName), 3);
    EXPECT_TRUE(is_in_use(node.records, kJob));
  });
}

TEST(TeardownTest, WhatIsInUseIsKept) {
  on_test_node([](Node& node) {
    JobLife(node, kJob).begin();
    EXPECT_FALSE(tear_down_unless_in_use(node, kJob));
    EXPECT_TRUE(node.hypervisor->is_running(kJob, Node::step_deadline()));
    // As a teardown that was killed leaves it.
    save_record(node, WorkspaceState::kEnding);
    EXPECT_TRUE(tear_down_unless_in_use(node, kJob));
    EXPECT_THAT(traces(node), IsEmpty());
  });
}

TEST(TeardownTest, ALostRecordIsReplacedBeforeAnythingIsRemoved) {
  on_test_node([](Node& node) {
    JobLife(node, kJob).begin();
    std::filesystem::remove_all(node.records.runtime_dir() + "/42");
    // Its disk cannot be removed, so that the teardown stops on the way.
    const std::string disk = node.scratch.path(kJob);
    std::filesystem::remove(disk);
    std::filesystem::create_directory(disk);
    std::filesystem::create_directory(disk + "/in the way");
    EXPECT_ANY_THROW(tear_down_workspace(node, kJob));
    EXPECT_FALSE(is_in_use(node.records, kJob));
    EXPECT_EQ(node.records.load(kJob).value_or(JobRecord(JobId(1))).state, WorkspaceState::kEnding);
    std::filesystem::remove_all(disk);
    EXPECT_TRUE(tear_down_unless_in_use(node, kJob));
    EXPECT_THAT(traces(node), IsEmpty());
  });
}

}  // namespace
}  // namespace workspace
