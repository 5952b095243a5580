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
    check_resize(some_record(), wanted, ResizedBy::kOwner);
  JobRecord smaller = some_record();
  smaller.resized.memory_mib = 100;
  smaller.resized.vcpus = 1;
  check_resize(smaller, {336, 2}, ResizedBy::kOwner);
  EXPECT_EQ(smaller.memory_now_mib(), 100U);
  EXPECT_EQ(smaller.vcpus_now(), 1U);
  EXPECT_EQ(some_record().memory_now_mib(), 336U);
}

TEST(Resize, IsWithinWhatAnAdministratorHasLeftTheOwner) {
  JobRecord record = some_record();
  record.resized = {1, 100, 1, 200};
  for (const WantedSize wanted : {WantedSize{200, 1}, {48, 0}, {0, 1}})
    check_resize(record, wanted, ResizedBy::kOwner);
  expect_error(
      [&] {
        check_resize(record, {0, 2}, ResizedBy::kOwner);
      },
      ErrorKind::kExceeded,
      "2 vCPUs are more than the 1 that an administrator has left job 42 on node1");
  expect_error(
      [&] {
        check_resize(record, {201, 0}, ResizedBy::kOwner);
      },
      ErrorKind::kExceeded,
      "201M of memory are more than the 200M that an administrator has left job 42 on "
      "node1");
  check_resize(record, {336, 2}, ResizedBy::kAdministrator);
  expect_error(
      [&] {
        check_resize(record, {0, 3}, ResizedBy::kAdministrator);
      },
      ErrorKind::kExceeded, "3 vCPUs are more than the 2 of job 42 on node1");
}

TEST(Resize, LeavesTheMemoryThatDevicesMayWriteTo) {
  JobRecord record = some_record();
  record.memory_pinned = true;
  check_resize(record, {0, 1}, ResizedBy::kOwner);
  expect_error(
      [&] {
        check_resize(record, {200, 0}, ResizedBy::kAdministrator);
      },
      ErrorKind::kInvalid,
      "the memory of job 42 on node1 cannot be resized: its VM has devices of the machine, "
      "which may write to any of it");
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
       "337M of memory are more than the 336M of job 42 on node1"},
      {some_record(),
       {UINT64_MAX, 0},
       ErrorKind::kExceeded,
       "18446744073709551615M of memory are more than the 336M of job 42 on node1"},
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
    expect_error([&] { check_resize(c.record, c.wanted, ResizedBy::kOwner); }, c.kind, c.text);
}

}  // namespace
}  // namespace workspace
