#include "libworkspace/model/hypervisor_kind.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

TEST(HypervisorKind, IsToldByTheUri) {
  EXPECT_EQ(hypervisor_kind_of_uri("xen:///system"), HypervisorKind::kXen);
  EXPECT_EQ(hypervisor_kind_of_uri("qemu:///system"), HypervisorKind::kQemu);
  EXPECT_EQ(name_of(HypervisorKind::kXen), "xen");
  EXPECT_EQ(name_of(HypervisorKind::kQemu), "qemu");
  for (const std::string bad : {"", "xen4:///", "lxc:///system", "qemu+ssh://other/system"}) {
    testing::expect_error([&] { hypervisor_kind_of_uri(bad); }, ErrorKind::kInvalid,
                          ::testing::StrEq("the hypervisor '" + bad +
                                           "' is neither xen:///system nor qemu:///system"));
  }
}

}  // namespace
}  // namespace workspace
