#include "libworkspace/lifecycle/resize.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

JobRecord some_record(WorkspaceState state = WorkspaceState::kRunning) {
  JobRecord record(JobId(42));
  record.state = state;
  record.hostname = "node1";
  record.vcpus = 2;
  record.memory_mib = 336;
  return record;
}

TEST(Resize, IsWithinWhatTheVmWasBootedWith) {
  for (const WantedSize wanted : {WantedSize{48, 0}, {336, 2}, {0, 1}, {0, 0}})
    check_resize(some_record(), wanted);
  JobRecord smaller = some_record();
  smaller.resized_memory_mib = 100;
  smaller.resized_vcpus = 1;
  check_resize(smaller, {336, 2});
  EXPECT_EQ(smaller.memory_now_mib(), 100U);
  EXPECT_EQ(smaller.vcpus_now(), 1U);
  EXPECT_EQ(some_record().memory_now_mib(), 336U);
}

TEST(Resize, RefusesInOneLine) {
  const struct {
    JobRecord record;
    WantedSize wanted;
    ErrorKind kind;
    const char* text;
  } cases[] = {
      {some_record(),
       {0, 3},
       ErrorKind::kExceeded,
       "3 vCPUs are more than the 2 of job 42 on node1"},
      {some_record(),
       {337, 0},
       ErrorKind::kExceeded,
       "337M of memory are more than the 336M of job 42 on node1 (its VM's own cost is not in "
       "them)"},
      {some_record(),
       {UINT64_MAX, 0},
       ErrorKind::kExceeded,
       "18446744073709551615M of memory are more than the 336M of job 42 on node1 (its VM's own "
       "cost "
       "is not in them)"},
      {some_record(),
       {47, 0},
       ErrorKind::kInvalid,
       "47M of memory are too little for a VM; it needs 48M"},
      {some_record(WorkspaceState::kEnding),
       {64, 0},
       ErrorKind::kNotFound,
       "the workspace of job 42 on node1 is ending; only one that runs can be resized"},
      {some_record(WorkspaceState::kSuspended),
       {64, 0},
       ErrorKind::kNotFound,
       "the workspace of job 42 on node1 is suspended; only one that runs can be resized"},
      {some_record(WorkspaceState::kFailed),
       {64, 0},
       ErrorKind::kNotFound,
       "the workspace of job 42 on node1 is failed; only one that runs can be resized"},
  };
  for (const auto& c : cases)
    expect_error([&] { check_resize(c.record, c.wanted); }, c.kind, c.text);
}

}  // namespace
}  // namespace workspace
