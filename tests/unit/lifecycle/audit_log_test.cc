#include "libworkspace/lifecycle/audit_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::MatchesRegex;
using testing::TemporaryFolder;

AuditEntry entry() {
  AuditEntry entry(JobId(42));
  entry.node = "node1";
  entry.uid = 2001;
  entry.user = "user1";
  entry.image = "tiny:1";
  entry.digest = "sha256:00";
  entry.key = "site";
  entry.key_id = "2F5E56555A2909D2";
  return entry;
}

TEST(AuditLog, ALineSaysWhoUsedWhat) {
  EXPECT_THAT(entry().to_line(),
              MatchesRegex("time=[0-9-]+T[0-9:]+Z node=node1 job=42 uid=2001 user=user1 "
                           "image=tiny:1 digest=sha256:00 key=site key_id=2F5E56555A2909D2 "
                           "outcome=granted"));
  auto refused = entry();
  refused.refusal = "not for you\ntime=2026 job=43";
  EXPECT_THAT(refused.to_line(),
              ::testing::EndsWith(" outcome=refused reason=not%20for%20you%0Atime=2026%20job=43"));
}

TEST(AuditLog, LinesAreAddedForRootAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("log/workspace/audit.log");
  append_audit_entry(path, entry());
  append_audit_entry(path, entry());
  const auto lines = split(read_file(path, 65536), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2], "");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600);
}

TEST(AuditLog, LinesOfSeveralAtOnceDoNotMix) {
  const TemporaryFolder folder;
  const std::string path = folder.file("audit.log");
  constexpr int kEach = 20;
  const auto append_some = [&] {
    for (int i = 0; i < kEach; ++i) append_audit_entry(path, entry());
  };
  std::thread other(append_some);
  append_some();
  other.join();
  const auto lines = split(read_file(path, 65536), '\n');
  ASSERT_EQ(lines.size(), 2 * kEach + 1);
  for (int i = 0; i < 2 * kEach; ++i)
    EXPECT_THAT(lines[static_cast<std::size_t>(i)], MatchesRegex("time=.* outcome=granted"));
}

TEST(AuditLog, WhatIsInItsPlaceIsAFaultOfTheHost) {
  const TemporaryFolder folder;
  const std::string path = folder.file("audit.log");
  const auto expect_fault = [&](const std::string& text) {
    testing::expect_error([&] { append_audit_entry(path, entry()); }, ErrorKind::kHost,
                          "the audit log cannot be written: " + text);
  };
  std::filesystem::create_symlink("/etc/passwd", path);
  expect_fault("opening " + path + ": Too many levels of symbolic links");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  expect_fault("opening " + path + ": Is a directory");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_fault("opening " + path + ": No such device or address");
  std::filesystem::remove(path);
  ::chmod(folder.path().c_str(), 0777);
  expect_fault(folder.path() + " is not trusted: others than its owner can write it; chmod go-w " +
               folder.path());
}

}  // namespace
}  // namespace workspace
