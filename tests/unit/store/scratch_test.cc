#include "libworkspace/store/scratch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/base/process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::TemporaryFolder;

constexpr auto kReserved = DiskSpace::kReserved;
constexpr auto kAsWritten = DiskSpace::kAsWritten;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

class ScratchDisksTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_.file("scratch");
  ScratchDisks disks_{path_, 0};
};

TEST_F(ScratchDisksTest, ADiskIsASparseEmptyFileSystem) {
  const std::string disk = disks_.create(JobId(42), 102400, kAsWritten, soon());
  EXPECT_EQ(disk, path_ + "/42.scratch");
  struct stat info {};
  ASSERT_EQ(::stat(disk.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, off_t{102400} << 20);
  EXPECT_EQ(info.st_mode & 07777, 0600);
  EXPECT_LT(info.st_blocks * 512, 16 << 20);
  const auto check = run_command(
      {.argv = {"e2fsck", "-f", "-n", disk}, .environment = {}, .credentials = {}, .kept_fds = {}},
      soon());
  EXPECT_EQ(check.exit_status, 0) << check.output;
}

std::uint64_t free_mib(const std::string& folder) { return fs::space(folder).available >> 20; }

TEST_F(ScratchDisksTest, ADiskHasItsSpaceFromTheBeginIfItIsReserved) {
  const std::string disk = disks_.create(JobId(42), 64, kReserved, soon());
  struct stat info {};
  ASSERT_EQ(::stat(disk.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, off_t{64} << 20);
  EXPECT_GE(info.st_blocks * 512, 64 << 20);
  const auto check = run_command(
      {.argv = {"e2fsck", "-f", "-n", disk}, .environment = {}, .credentials = {}, .kept_fds = {}},
      soon());
  EXPECT_EQ(check.exit_status, 0) << check.output;
}

/// The margins are chosen so that the sizes can be small wherever the test runs.
TEST_F(ScratchDisksTest, ADiskThatFindsNoSpaceIsTheOtherJobsFaultOrItsOwn) {
  disks_.create(JobId(1), 64, kReserved, soon());
  const ScratchDisks with_them(path_, free_mib(path_) - 8);
  expect_error([&] { with_them.create(JobId(2), 40, kReserved, soon()); }, ErrorKind::kBusy,
               MatchesRegex("a scratch disk of 40M does not fit beside those of the jobs that run "
                            "here: [0-9]+[MGT] are free"));
  const ScratchDisks never(path_, free_mib(path_) - 8);
  expect_error([&] { never.create(JobId(2), 4096, kReserved, soon()); }, ErrorKind::kExceeded,
               MatchesRegex("a scratch disk of 4G is more than this node has: [0-9]+[MGT] are "
                            "free; ask for less with --workspace-disk"));
  EXPECT_THAT(disks_.jobs(), ElementsAre(JobId(1)));
}

TEST_F(ScratchDisksTest, SmallDisksWorkToo) {
  EXPECT_TRUE(fs::exists(disks_.create(JobId(1), 16, kAsWritten, soon())));
  EXPECT_TRUE(fs::exists(disks_.create(JobId(2), 1, kAsWritten, soon())));
}

TEST_F(ScratchDisksTest, RemovingIsIdempotent) {
  disks_.remove(JobId(42));
  disks_.create(JobId(42), 16, kAsWritten, soon());
  disks_.create(JobId(43), 16, kAsWritten, soon());
  disks_.remove(JobId(42));
  disks_.remove(JobId(42));
  EXPECT_THAT(disks_.jobs(), ElementsAre(JobId(43)));
}

TEST_F(ScratchDisksTest, AJobHasOneDisk) {
  disks_.create(JobId(42), 16, kAsWritten, soon());
  expect_error([&] { disks_.create(JobId(42), 16, kAsWritten, soon()); }, ErrorKind::kHost,
               "scratch disk " + path_ +
                   "/42.scratch is there already; an earlier run of the job was not ended");
}

TEST_F(ScratchDisksTest, WhatAKilledPrologLeftIsFoundAndRemoved) {
  folder_.write("scratch/.partial-7.scratch", "half");
  folder_.write("scratch/8.scratch", "whole");
  folder_.write("scratch/notes.txt", "not ours");
  EXPECT_THAT(disks_.jobs(), ElementsAre(JobId(7), JobId(8)));
  disks_.remove(JobId(7));
  disks_.remove(JobId(8));
  EXPECT_TRUE(disks_.jobs().empty());
  EXPECT_TRUE(fs::exists(path_ + "/notes.txt"));
}

TEST_F(ScratchDisksTest, AFailedMakeLeavesNothing) {
  expect_error([&] { disks_.create(JobId(42), 0, kReserved, soon()); }, ErrorKind::kHost,
               HasSubstr("mke2fs"));
  EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(ScratchDisksTest, FullSpaceIsToldBeforeAnythingIsMade) {
  const ScratchDisks greedy(path_, std::uint64_t{1} << 40);
  expect_error(
      [&] { greedy.create(JobId(42), 16, kAsWritten, soon()); }, ErrorKind::kHost,
      MatchesRegex("scratch space " + path_ +
                   " is full: [0-9]+ MiB are free, at least 1099511627776 MiB are needed"));
  EXPECT_TRUE(fs::is_empty(path_));
}

}  // namespace
}  // namespace workspace
