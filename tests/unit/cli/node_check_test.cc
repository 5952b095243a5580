#include "cli/node_check.h"

#include <gtest/gtest.h>

namespace workspace::cli {
namespace {

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
  EXPECT_EQ(findings_json(kFindings),
            R"({"verdict": "wrong", "findings": [{"part": "hypervisor", "verdict": "fine", )"
            R"("text": "xen:///system answers; 0 workspace domains", "remedy": ""}, )"
            R"({"part": "slurm", "verdict": "wrong", "text": "Prolog is not set", )"
            R"("remedy": "set Prolog=/x"}]})"
            "\n");
}

TEST(NodeCheckOutput, StatusesAreThoseOfMonitoring) {
  EXPECT_EQ(exit_status_of(worst_of({})), 0);
  EXPECT_EQ(exit_status_of(Verdict::kWarning), 1);
  EXPECT_EQ(exit_status_of(worst_of(kFindings)), 2);
}

}  // namespace
}  // namespace workspace::cli
