#include "libworkspace/model/resized_vm.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(ResizedVm, GoesBothWays) {
  const ResizedVm resized = ResizedVm::parse(ResizedVm{1, 100, 2, 200}.to_lines());
  EXPECT_EQ(resized.vcpus, 1U);
  EXPECT_EQ(resized.memory_mib, 100U);
  EXPECT_EQ(resized.most_vcpus, 2U);
  EXPECT_EQ(resized.most_memory_mib, 200U);
}

TEST(ResizedVm, RefusesADamagedOne) {
  const std::string good = ResizedVm{1, 100, 2, 200}.to_lines();
  const std::pair<std::string, const char*> cases[] = {
      {"", "the VM's size: field 'vcpus' is missing"},
      {good.substr(0, good.size() - 1), "the VM's size: the last line is cut off"},
      {"vcpus=4294967296\n",
       "the VM's size: field 'vcpus' is '4294967296', not a whole number up to 4294967295"},
      {good + "more=1\n", "the VM's size: field 'more' is not known"},
  };
  for (const auto& [text, reason] : cases)
    expect_error([text = text] { ResizedVm::parse(text); }, ErrorKind::kInvalid, reason);
}

}  // namespace
}  // namespace workspace
