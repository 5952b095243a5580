#include "guest/out_of_memory.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::agent {
namespace {

using workspace::testing::expect_error;

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

std::string meminfo(const std::string& available) {
  return "MemTotal:       99999999 kB\nMemFree:        1 kB\nMemAvailable:" + available +
         "\nBuffers:             300 kB\n";
}

TEST(OutOfMemory, TheTasksHaveWhatTheAgentDoesNotNeed) {
  const struct {
    std::string available;
    std::uint64_t tasks_mib;
  } cases[] = {
      {"   65536 kB", 56},     // the least that is reserved
      {" 1048576 kB", 992},    // a part
      {"67108864 kB", 65280},  // the most
      {"    8192 kB", 4},      // never more than half
      {"       0 kB", 0},
  };
  for (const auto& c : cases)
    EXPECT_EQ(memory_of_tasks(meminfo(c.available)), c.tasks_mib * kMib) << c.available;
}

TEST(OutOfMemory, AMeminfoThatSaysNothingIsAnError) {
  for (const std::string text :
       {"", "MemTotal: 5 kB\n", "MemAvailable:\n", "MemAvailable: 5\n", "MemAvailable: -5 kB\n",
        "MemAvailable: 99999999999999999999 kB\n", "MemAvailable: kB\n"})
    expect_error([&] { memory_of_tasks(text); }, ErrorKind::kGuest,
                 ::testing::StrEq("/proc/meminfo does not say how much memory is available"));
}

}  // namespace
}  // namespace workspace::agent
