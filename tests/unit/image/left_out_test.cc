#include "libworkspace/image/left_out.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(LeftOut, MatchesAPathOrAFolderAboveIt) {
  const LeftOut left_out = LeftOut::parse("# notes\n\n/dev/*\nopt/old/\n*.log \nvar/*/x", "f");
  for (const char* path : {"dev/sda", "dev/pts/1", "opt/old", "opt/old/a/b", "a.log", "var/a/x/y"})
    EXPECT_TRUE(left_out.matches(path)) << path;
  for (const char* path : {"", "dev", "opt/older", "opt", "a/a.log", "var/a/b/x", "xdev/sda"})
    EXPECT_FALSE(left_out.matches(path)) << path;
  EXPECT_EQ(left_out.to_text(), "dev/*\nopt/old\n*.log\nvar/*/x\n");
}

TEST(LeftOut, RefusesPatternsThatMeanNothing) {
  for (const auto& [text, message] : {
           std::pair{"a\n../b", "f:2: the pattern '../b' holds '..'"},
           std::pair{"/", "f:1: the pattern '' would leave out everything"},
           std::pair{"a\x01", "f:1: the pattern 'a\\x01' holds a byte that is no printable ASCII"},
       }) {
    expect_error([&] { LeftOut::parse(text, "f"); }, ErrorKind::kInvalid, message);
  }
}

TEST(LeftOut, TheDefaultsKeepAMachinesPrograms) {
  const LeftOut machine = left_out_of_machines();
  for (const char* path : {"etc/machine-id", "etc/ssh/ssh_host_rsa_key", "home/user1", "proc/1",
                           "root/.ssh/id_rsa", "var/log/messages", "etc/munge/munge.key"})
    EXPECT_TRUE(machine.matches(path)) << path;
  for (const char* path : {"etc/passwd", "home", "usr/bin/python2", "etc/ssh/ssh_config", "root",
                           "var/lib/dpkg/status", "opt/x"})
    EXPECT_FALSE(machine.matches(path)) << path;
  EXPECT_EQ(LeftOut::parse(machine.to_text(), "f").to_text(), machine.to_text());
}

}  // namespace
}  // namespace workspace
