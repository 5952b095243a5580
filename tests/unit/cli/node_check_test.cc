#include "cli/node_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

using ::testing::HasSubstr;

const std::vector<Finding> kFindings = {
    {"hypervisor", Verdict::kFine, "xen:///system answers; 0 workspace domains", ""},
    {"slurm", Verdict::kWrong, "Prolog is not set", "set Prolog=/x"},
};

TEST(NodeCheckOutput, IsALineForEachAndWhatToDoUnderIt) {
  EXPECT_EQ(findings_text(kFindings),
            "fine   hypervisor  xen:///system answers; 0 workspace domains\n"
            "wrong  slurm       Prolog is not set\n"
            "                     -> set Prolog=/x\n");
}

TEST(NodeCheckOutput, IsTheSameAsJson) {
  EXPECT_EQ(findings_json(kFindings, {}),
            R"({"verdict": "wrong", "findings": [{"part": "hypervisor", "verdict": "fine", )"
            R"("text": "xen:///system answers; 0 workspace domains", "remedy": "", "fix": ""}, )"
            R"({"part": "slurm", "verdict": "wrong", "text": "Prolog is not set", )"
            R"("remedy": "set Prolog=/x", "fix": ""}], "fixes_run": []})"
            "\n");
}

const std::vector<Finding> kFixable = {
    {"kernel", Verdict::kWrong, "the driver tun is not loaded", "load it", {"modprobe", "tun"}},
    {"jobs",
     Verdict::kWarning,
     "something is left of job 7",
     "",
     {"workspace", "node", "reconcile"}},
    {"jobs",
     Verdict::kWarning,
     "something is left of job 8",
     "",
     {"workspace", "node", "reconcile"}},
    {"slurm", Verdict::kWrong, "Prolog is not set", "set Prolog=/x"},
};

TEST(NodeFix, RunsEachCommandOnceAndGoesOnAfterOneThatFails) {
  std::vector<std::string> ran;
  const auto outcomes = apply_fixes(kFixable, [&](const std::vector<std::string>& command) {
    ran.push_back(command.front());
    if (command.front() == "modprobe") throw Error(ErrorKind::kHost, "no such module");
  });
  EXPECT_EQ(ran, (std::vector<std::string>{"modprobe", "workspace"}));
  EXPECT_EQ(outcomes_text(outcomes),
            "failed: modprobe tun: no such module\n"
            "ran: workspace node reconcile\n");
  EXPECT_THAT(findings_json({}, outcomes),
              HasSubstr(R"("fixes_run": [{"command": "modprobe tun", "error": "no such module"}, )"
                        R"({"command": "workspace node reconcile", "error": ""}])"));
}

TEST(NodeFix, TellsWhatItWouldRun) {
  EXPECT_EQ(plan_text(kFixable), "would run: modprobe tun\nwould run: workspace node reconcile\n");
  EXPECT_EQ(plan_text(kFindings), "");
}

TEST(NodeCheckOutput, StatusesAreThoseOfMonitoring) {
  EXPECT_EQ(exit_status_of(worst_of({})), 0);
  EXPECT_EQ(exit_status_of(Verdict::kWarning), 1);
  EXPECT_EQ(exit_status_of(worst_of(kFindings)), 2);
}

}  // namespace
}  // namespace workspace::cli
