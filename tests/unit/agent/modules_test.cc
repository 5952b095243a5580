#include "guest/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Modules, AreListedByGroup) {
  constexpr char kOrder[] = "virtio  virtio_ring virtio\nxen xen-blkfront\n\nroot-ext4\n";
  EXPECT_THAT(modules_of_group(kOrder, "virtio"), ElementsAre("virtio_ring", "virtio"));
  EXPECT_THAT(modules_of_group(kOrder, "xen"), ElementsAre("xen-blkfront"));
  EXPECT_THAT(modules_of_group(kOrder, "root-ext4"), IsEmpty());
  EXPECT_THAT(modules_of_group(kOrder, "vir"), IsEmpty());
  EXPECT_THAT(modules_of_group("", "xen"), IsEmpty());
}

TEST(Modules, NeedNotBeThere) {
  const Modules none("/nonexistent");
  EXPECT_NO_THROW(none.load("virtio"));
}

}  // namespace
}  // namespace workspace::agent
