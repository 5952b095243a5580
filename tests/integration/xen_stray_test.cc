#include "libworkspace/hypervisor/xen_stray.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/base/fd.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

/// In place of xl: Xen's domains are the files of a folder.
class DestroyStrayDomainTest : public ::testing::Test {
 protected:
  DestroyStrayDomainTest() {
    std::filesystem::create_directory(folder_.file("domains"));
    set_destroy("rm \"$2\"");
  }

  void set_destroy(const std::string& command) {
    folder_.write("xl", "#!/bin/sh\ncd " + folder_.file("domains") +
                            "\ncase $1 in\n"
                            "list) echo 'Name  ID Mem'; for i in *; do echo \"$i  7 64\"; done ;;\n"
                            "domid) [ -e \"$2\" ] && echo 7 ;;\n"
                            "destroy) " +
                            command +
                            " ;;\n"
                            "*) exit 2 ;;\nesac\n");
    ::chmod(xl_.c_str(), 0755);
  }

  void add_domain(const std::string& name) { folder_.write("domains/" + name, ""); }
  bool has_domain(const std::string& name) {
    return std::filesystem::exists(folder_.file("domains/" + name));
  }

  TemporaryFolder folder_;
  std::string xl_ = folder_.file("xl");
};

TEST_F(DestroyStrayDomainTest, EndsThatDomainAlone) {
  add_domain("workspace-4");
  add_domain("workspace-42");
  destroy_stray_domain("workspace-4", soon(), xl_);
  EXPECT_FALSE(has_domain("workspace-4"));
  EXPECT_TRUE(has_domain("workspace-42"));
}

TEST_F(DestroyStrayDomainTest, HasNothingToDoWithoutOne) {
  set_destroy("echo 'asked for nothing' >&2; exit 1");
  destroy_stray_domain("workspace-4", soon(), xl_);
  destroy_stray_domain("workspace-4", soon(), folder_.file("no-xl"));
}

TEST_F(DestroyStrayDomainTest, TellsThatXlFails) {
  add_domain("workspace-4");
  set_destroy("echo 'libxl: domain 7 is not destroyed' >&2; exit 1");
  expect_error([&] { destroy_stray_domain("workspace-4", soon(), xl_); }, ErrorKind::kHost,
               ::testing::HasSubstr("libxl: domain 7 is not destroyed"));
}

TEST_F(DestroyStrayDomainTest, OnlyXenKnowsWhatIsThere) {
  add_domain("workspace-42");
  EXPECT_TRUE(xen_has_domain("workspace-42", soon(), xl_));
  EXPECT_FALSE(xen_has_domain("workspace-4", soon(), xl_));
  EXPECT_FALSE(xen_has_domain("Name", soon(), xl_));
  EXPECT_TRUE(xen_has_domain("workspace-4", soon(), folder_.file("no-xl")));
  folder_.write("xl", "#!/bin/sh\necho 'xenstored does not answer' >&2; exit 1\n");
  ::chmod(xl_.c_str(), 0755);
  expect_error([&] { xen_has_domain("workspace-4", soon(), xl_); }, ErrorKind::kHost,
               ::testing::HasSubstr("xenstored does not answer"));
}

}  // namespace
}  // namespace workspace
