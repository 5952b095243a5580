#include "guest/directory_mount.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::agent {
namespace {

TEST(MountOptions, NameTheDescriptorAndTheExport) {
  EXPECT_EQ(mount_options({"/home/user1", "/export/user 1", "", false}, 5),
            "trans=fd,rfdno=5,wfdno=5,version=9p2000.L,aname=/export/user 1,msize=65536,cache=mmap,"
            "locktimeout=1");
}

TEST(MountOptions, CannotHoldAComma) {
  workspace::testing::expect_error(
      [] {
        mount_options({"/data", "/data,uid=0", "", false}, 5);
      },
      ErrorKind::kInvalid,
      ::testing::StrEq("'/data,uid=0' has a comma in it, which a mount cannot express"));
}

}  // namespace
}  // namespace workspace::agent
