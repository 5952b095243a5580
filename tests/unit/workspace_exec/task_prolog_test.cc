#include "spank_plugin/workspace_exec/task_prolog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace::exec {
namespace {

using ::testing::StartsWith;
using workspace::testing::expect_error;
using workspace::testing::TemporaryFolder;
using Variables = std::vector<std::string>;

TEST(TaskPrologEnvironment, HasNothingThatChoosesWhatRunsOnTheNode) {
  EXPECT_EQ(prolog_environment({"SLURM_JOB_ID=42", "LD_PRELOAD=/home/u/x.so", "PATH=/home/u",
                                "BASH_ENV=/home/u/rc", "HOME=/home/u", "PYTHONPATH=/home/u",
                                "BASH_FUNC_id%%=() { :; }", "USER=u", "TMPDIR=/t", "odd"}),
            (Variables{"SLURM_JOB_ID=42", "HOME=/home/u", "USER=u", "TMPDIR=/t",
                       "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}));
}

TEST(TaskPrologLine, ChangesTheEnvironmentOrIsPrinted) {
  const struct {
    std::string line;
    Variables environment;
    std::string printed;
  } cases[] = {
      {"export B=2", {"A=1", "B=2"}, ""},
      {"export A=two words ", {"A=two words "}, ""},
      {"export   A  = x=y", {"A= x=y"}, ""},
      {"export A=", {"A="}, ""},
      {"export A", {"A=1"}, ""},
      {"export =1", {"A=1"}, ""},
      {"unset A", {}, ""},
      {"unset  A \t", {}, ""},
      {"unset B", {"A=1"}, ""},
      {"print  text  ", {"A=1"}, "text  \n"},
      {"print ", {"A=1"}, "\n"},
      {"printed", {"A=1"}, ""},
      {" export A=2", {"A=1"}, ""},
      {"", {"A=1"}, ""},
  };
  for (const auto& c : cases) {
    Variables environment{"A=1"};
    EXPECT_EQ(apply_prolog_line(c.line, environment), c.printed) << c.line;
    EXPECT_EQ(environment, c.environment) << c.line;
  }
}

TEST(TaskProlog, IsRunWithTheTasksPlaceInItsStep) {
  const TemporaryFolder folder;
  const std::string program =
      folder.write("prolog", "#!/bin/sh\necho export RANK=$SLURM_PROCID:$SECRET\nexit 4\n");
  ::chmod(program.c_str(), 0755);
  Variables environment{"SLURM_PROCID=3", "SECRET=x"};
  EXPECT_EQ(run_task_prolog(program, environment), 4);
  EXPECT_EQ(environment, (Variables{"SLURM_PROCID=3", "SECRET=x",
                                    "SLURM_SCRIPT_CONTEXT=prolog_task", "RANK=3:"}));
}

TEST(TaskProlog, ThatIsNotThereFailsTheTask) {
  Variables environment;
  expect_error([&] { run_task_prolog("/no/such", environment); }, ErrorKind::kHost,
               StartsWith("running TaskProlog /no/such: No such file or directory"));
}

}  // namespace
}  // namespace workspace::exec
