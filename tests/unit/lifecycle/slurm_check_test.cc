#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build_paths.h"
#include "libworkspace/lifecycle/node_check.h"

namespace workspace {
namespace {

using ::testing::HasSubstr;

const std::string kPlugstack =
    "# plugins\nrequired " + std::string(build_paths::kLibDir) + "/spank_workspace.so\n";

SlurmSettings good_settings() {
  SlurmSettings slurm;
  slurm.prolog = std::string(build_paths::kLibexecDir) + "/prolog";
  slurm.epilog = std::string(build_paths::kLibexecDir) + "/epilog";
  slurm.job_submit_plugins = "cray,lua";
  slurm.plugstack = "/etc/slurm/plugstack.conf";
  slurm.prolog_at_allocation = true;
  slurm.defers_batch = true;
  slurm.batch_start_timeout_s = 320;
  slurm.prolog_epilog_timeout_s = 300;
  return slurm;
}

TEST(SlurmCheck, FindsNothingWhereAllIsRight) {
  const auto findings = check_slurm_settings(good_settings(), kPlugstack, SiteConfig{});
  EXPECT_EQ(findings.size(), 8U);
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.verdict, Verdict::kFine) << finding.text;
    EXPECT_EQ(finding.remedy, "") << finding.text;
  }
  EXPECT_EQ(worst_of(findings), Verdict::kFine);
}

TEST(SlurmCheck, NamesWhatIsWrongAndHowToMendIt) {
  struct Case {
    void (*spoil)(SlurmSettings&, std::string& plugstack, SiteConfig&);
    Verdict verdict;
    const char* text;
    const char* remedy;
  };
  const Case cases[] = {
      {[](auto& slurm, auto&, auto&) { slurm.prolog = ""; }, Verdict::kWrong, "Prolog is not set",
       "/prolog"},
      {[](auto& slurm, auto&, auto&) { slurm.epilog = "/site/epilog"; }, Verdict::kWarning,
       "Epilog is /site/epilog, not the workspace's own", "see that it calls "},
      {[](auto& slurm, auto&, auto&) { slurm.prolog_at_allocation = false; }, Verdict::kWrong,
       "PrologFlags lacks Alloc", "set PrologFlags=Alloc,DeferBatch"},
      {[](auto& slurm, auto&, auto&) { slurm.defers_batch = false; }, Verdict::kWrong,
       "PrologFlags lacks DeferBatch", "set PrologFlags=Alloc,DeferBatch"},
      {[](auto& slurm, auto&, auto&) { slurm.batch_start_timeout_s = 10; }, Verdict::kWrong,
       "BatchStartTimeout is 10 s, less than a boot may take", "set BatchStartTimeout=120 or more"},
      {[](auto& slurm, auto&, auto& site) {
         slurm.prolog_epilog_timeout_s = 300;
         site.boot_timeout = std::chrono::minutes(5);
         slurm.batch_start_timeout_s = 360;
       },
       Verdict::kWrong, "PrologEpilogTimeout is 300 s, less than a boot may take",
       "set PrologEpilogTimeout=360 or more"},
      {[](auto&, auto& plugstack, auto&) { plugstack = "# required spank_workspace.so\n"; },
       Verdict::kWrong, "/etc/slurm/plugstack.conf does not name the plugin",
       "add the line `required "},
      {[](auto&, auto& plugstack, auto&) { plugstack = "include /etc/slurm/plugstack.d/*\n"; },
       Verdict::kWarning, "what it includes was not read", "add the line `required "},
      {[](auto&, auto& plugstack, auto&) { plugstack = "optional /x/spank_workspace.so\n"; },
       Verdict::kWarning, "does not require the plugin", "write `required "},
      {[](auto& slurm, auto&, auto&) { slurm.job_submit_plugins = "all_partitions"; },
       Verdict::kWarning, "JobSubmitPlugins has no lua", "set JobSubmitPlugins=lua"},
      {[](auto&, auto&, auto& site) { site.prefer_cached = true; }, Verdict::kWarning,
       "SchedulerParameters lacks ignore_prefer_validation",
       "set SchedulerParameters=ignore_prefer_validation"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    SlurmSettings slurm = good_settings();
    std::string plugstack = kPlugstack;
    SiteConfig site;
    c.spoil(slurm, plugstack, site);
    std::vector<Finding> bad;
    for (const auto& finding : check_slurm_settings(slurm, plugstack, site))
      if (finding.verdict != Verdict::kFine) bad.push_back(finding);
    ASSERT_EQ(bad.size(), 1U);
    EXPECT_EQ(bad[0].verdict, c.verdict);
    EXPECT_THAT(bad[0].text, HasSubstr(c.text));
    EXPECT_THAT(bad[0].remedy, HasSubstr(c.remedy));
  }
}

TEST(SlurmCheck, ASchedulerParameterIsAWholeWordOfTheList) {
  EXPECT_TRUE(has_scheduler_parameter("bf_interval=1,defer", "defer"));
  EXPECT_TRUE(has_scheduler_parameter("defer", "defer"));
  for (const char* list : {"", "defer_batch", "no_defer,bf_interval=1", "deferred,"})
    EXPECT_FALSE(has_scheduler_parameter(list, "defer")) << list;
}

TEST(SlurmCheck, NoBoundOnThePrologIsEnough) {
  SlurmSettings slurm = good_settings();
  slurm.prolog_epilog_timeout_s = SlurmSettings::kNoTimeout;
  const auto findings = check_slurm_settings(slurm, kPlugstack, SiteConfig{});
  EXPECT_EQ(worst_of(findings), Verdict::kFine);
  EXPECT_EQ(findings[3].text, "PrologEpilogTimeout is unlimited");
}

}  // namespace
}  // namespace workspace
