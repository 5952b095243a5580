#include "spank_plugin/workspace_exec/out_of_memory.h"

#include <gtest/gtest.h>

namespace workspace::exec {
namespace {

TEST(OutOfMemoryText, SaysWhatToAskFor) {
  EXPECT_EQ(
      out_of_memory_text(448),
      "workspace: out of memory: a process of this task was killed, because the job's VM with "
      "448 MiB was full; ask for more with --mem\n");
  EXPECT_EQ(out_of_memory_text(0),
            "workspace: out of memory: a process of this task was killed, because the job's VM was "
            "full; ask for more with --mem\n");
}

}  // namespace
}  // namespace workspace::exec
