#include "libworkspace/guest/standard_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace workspace {
namespace {

TEST(StandardDescriptors, AreOfAKind) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(kind_of(null.get()), StdioKind::kNull);
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(kind_of(zero.get()), StdioKind::kRelayed);
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_EQ(kind_of(terminal.get()), StdioKind::kTerminal);
  EXPECT_EQ(kind_of(1 << 20), StdioKind::kClosed);
}

}  // namespace
}  // namespace workspace
