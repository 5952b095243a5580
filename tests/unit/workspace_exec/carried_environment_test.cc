#include "spank_plugin/workspace_exec/carried_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StrEq;
using workspace::testing::expect_error;
using Variables = std::vector<std::string>;

TEST(CarriedEnvironment, IsTheGuestsWithAMark) {
  EXPECT_THAT(carried_environment({"A=1", "PATH=/opt/bin", "SLURM_JOB_ID=5", "odd"}, ""),
              ElementsAre("A=1", "PATH=/opt/bin", "SLURM_JOB_ID=5", "odd", "WORKSPACE_INSIDE=1"));
}

TEST(CarriedEnvironment, WhatMovesTheNodesProgramsCrossesUnderAnotherName) {
  for (const std::string variable :
       {"LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/opt/lib", "LD_AUDIT=x", "LD_=", "GCONV_PATH=/evil",
        "GLIBC_TUNABLES=x", "MALLOC_CHECK_=3", "LOCPATH=/evil", "HOSTALIASES=/evil", "TZDIR=/evil",
        "RES_OPTIONS=x", "NLSPATH=/evil/%N", "GETCONF_DIR=/evil", "GMON_OUT_PREFIX=/x"}) {
    Variables carried = carried_environment({"A=1", variable}, "");
    EXPECT_THAT(carried, ElementsAre("A=1", "WORKSPACE_CARRIED_" + variable, "WORKSPACE_INSIDE=1"));
    restore_environment(carried);
    EXPECT_THAT(carried, ElementsAre("A=1", variable));
  }
}

TEST(CarriedEnvironment, ComesBackInPlaceOfTheNodesOwn) {
  Variables environment = {"LD_LIBRARY_PATH=/node", "WORKSPACE_CARRIED_LD_LIBRARY_PATH=/guest"};
  restore_environment(environment);
  EXPECT_THAT(environment, ElementsAre("LD_LIBRARY_PATH=/guest"));
}

TEST(CarriedEnvironment, LetsTheGuestForgeNoMark) {
  EXPECT_THAT(carried_environment({"WORKSPACE_INSIDE=", "WORKSPACE_CARRIED_SLURM_CONF=/evil",
                                   "WORKSPACE_CARRIED_FOLDER=/evil"},
                                  ""),
              ElementsAre("WORKSPACE_INSIDE=1"));
}

TEST(CarriedEnvironment, RefusesAnotherConfigurationOrIdentity) {
  for (const std::string name :
       {"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT", "SLURM_CLUSTERS", "SBATCH_CLUSTERS",
        "SALLOC_CLUSTERS", "SLURM_PROLOG", "SLURM_EPILOG", "SLURM_DEBUGGER", "SLURM_TASK_PROLOG",
        "SLURM_TASK_EPILOG"}) {
    expect_error(
        [&] {
          carried_environment({"A=1", name + "=/evil"}, "/etc/slurm/slurm.conf");
        },
        ErrorKind::kDenied,
        StrEq("the variable " + name +
              " may not be set for a command of Slurm's that is called from inside a "
              "workspace; unset it"));
  }
}

TEST(CarriedEnvironment, HasTheNodesConfiguration) {
  // Slurm may have given it to the task itself.
  EXPECT_THAT(carried_environment({"SLURM_CONF=/site/slurm.conf"}, "/site/slurm.conf"),
              ElementsAre("SLURM_CONF=/site/slurm.conf", "WORKSPACE_INSIDE=1"));
  EXPECT_THAT(carried_environment({}, "/site/slurm.conf"),
              ElementsAre("SLURM_CONF=/site/slurm.conf", "WORKSPACE_INSIDE=1"));
}

TEST(InsideMark, IsTakenOutOnTheOtherSide) {
  Variables environment = {"A=1", inside_mark()};
  EXPECT_TRUE(take_inside_mark(environment));
  EXPECT_THAT(environment, ElementsAre("A=1"));
  EXPECT_FALSE(take_inside_mark(environment));
}

TEST(CarriedFolder, IsTakenOutOnTheOtherSide) {
  Variables environment = {"A=1", carried_folder("/tmp/a b=c")};
  EXPECT_EQ(take_carried_folder(environment), "/tmp/a b=c");
  EXPECT_THAT(environment, ElementsAre("A=1"));
  EXPECT_THAT(take_carried_folder(environment), IsEmpty());
}

}  // namespace
}  // namespace workspace::exec
