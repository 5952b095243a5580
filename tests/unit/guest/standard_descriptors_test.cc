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

TEST(StandardDescriptors, AreOneFile) {
  int pipe[2];
  int other[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(other, O_CLOEXEC), 0);
  const UniqueFd read_end(pipe[0]);
  const UniqueFd write_end(pipe[1]);
  const UniqueFd copy(::fcntl(pipe[1], F_DUPFD_CLOEXEC, 3));
  const UniqueFd other_read_end(other[0]);
  const UniqueFd other_write_end(other[1]);
  EXPECT_TRUE(are_one_file(write_end.get(), copy.get()));
  EXPECT_FALSE(are_one_file(write_end.get(), other_write_end.get()));
  EXPECT_FALSE(are_one_file(write_end.get(), 1 << 20));
}

}  // namespace
}  // namespace workspace
