#include "libworkspace/model/host_commands.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

TEST(HostCommands, ComeBackAsTheyWereSaid) {
  for (const std::string text : {"all", "none", "srun", "srun,squeue", "sbatch,scancel,sacct"})
    EXPECT_EQ(HostCommands::parse(text).to_string(), text);
  EXPECT_EQ(HostCommands::parse("squeue, srun").to_string(), "srun,squeue");
  EXPECT_EQ(HostCommands(), HostCommands::none());
}

TEST(HostCommands, AllowWhatTheyName) {
  EXPECT_TRUE(HostCommands::all().allows("sattach"));
  EXPECT_FALSE(HostCommands::all().allows("sacctmgr"));
  EXPECT_FALSE(HostCommands::none().allows("srun"));
  EXPECT_TRUE(HostCommands::parse("sinfo").allows("sinfo"));
  EXPECT_FALSE(HostCommands::parse("sinfo").allows("srun"));
}

TEST(HostCommands, AreOnlyNarrowedByAnother) {
  const auto site = HostCommands::parse("srun,squeue");
  EXPECT_EQ(site.narrowed_by(HostCommands::all()), site);
  EXPECT_EQ(site.narrowed_by(HostCommands::parse("squeue,sbatch")).to_string(), "squeue");
  EXPECT_EQ(site.narrowed_by(HostCommands::none()), HostCommands::none());
  EXPECT_EQ(HostCommands::of(std::vector<std::string>{"sinfo", "of-a-later-version"}).to_string(),
            "sinfo");
}

TEST(HostCommands, RefuseOtherNames) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"", "no command is named; expected all, none, or a list of names"},
      {",", "no command is named; expected all, none, or a list of names"},
      {"sbath", "'sbath' is no command that can be used inside; did you mean 'sbatch'?"},
      {"srun,all",
       "'all' is no command that can be used inside; expected all, none, or some of srun, sbatch, "
       "salloc, sattach, sbcast, scancel, squeue, sinfo, scontrol, sstat, sacct"},
  };
  for (const auto& c : cases)
    expect_error([&] { HostCommands::parse(c.text); }, ErrorKind::kInvalid, StrEq(c.why));
}

}  // namespace
}  // namespace workspace
