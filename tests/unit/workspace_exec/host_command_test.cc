#include "spank_plugin/workspace_exec/host_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build_paths.h"
#include "libworkspace/base/text.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace::exec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::StrEq;
using workspace::testing::expect_error;
using workspace::testing::TemporaryFolder;

HostCommandRules all_rules() { return {HostCommands::all(), "/opt/slurm/bin", ""}; }

TaskRequest request_of(const std::string& command) {
  TaskRequest request;
  request.spec.argv = split(command, ' ');
  request.spec.working_directory = "/home/user";
  return request;
}

TEST(HostCommand, IsTheRealOneWithTheGuestsWords) {
  TaskRequest request = request_of("squeue -j 5 -h");
  request.spec.environment = {"A=1"};
  request.spec.umask = 077;
  const HostCommand command = plan_host_command(request, all_rules());
  EXPECT_EQ(command.path, "/opt/slurm/bin/squeue");
  EXPECT_THAT(command.argv, ElementsAre("squeue", "-j", "5", "-h"));
  EXPECT_THAT(command.environment, ElementsAre("A=1", "WORKSPACE_INSIDE=1"));
  EXPECT_EQ(command.working_directory, "/home/user");
  EXPECT_EQ(command.umask, 077U);
  EXPECT_FALSE(command.script);
}

TEST(HostCommand, IsOneThatTheSiteAllows) {
  const HostCommandRules few{HostCommands::parse("squeue,sinfo"), "/usr/bin", ""};
  EXPECT_EQ(plan_host_command(request_of("sinfo"), few).path, "/usr/bin/sinfo");
  const struct {
    HostCommandRules rules;
    const char* command;
    const char* text;
  } cases[] = {
      {few, "srun true",
       "srun may not be used from inside this workspace; these may: squeue,sinfo"},
      {{HostCommands::none(), "/usr/bin", ""},
       "squeue",
       "squeue may not be used from inside this workspace, nor may any command of Slurm's"},
      {all_rules(), "sacctmgr show user",
       "sacctmgr may not be used from inside this workspace; these may: srun, sbatch, salloc, "
       "sattach, sbcast, scancel, squeue, sinfo, scontrol, sstat, sacct"},
      {few, "../../bin/sh -c id",
       "../../bin/sh may not be used from inside this workspace; these may: squeue,sinfo"},
      {few, "/usr/bin/squeue",
       "/usr/bin/squeue may not be used from inside this workspace; these may: squeue,sinfo"},
  };
  for (const auto& c : cases)
    expect_error([&] { plan_host_command(request_of(c.command), c.rules); }, ErrorKind::kDenied,
                 StrEq(c.text));
}

TEST(HostCommand, HasNoOptionThatLeavesTheWorkspaceOrItsUser) {
  const struct {
    const char* command;
    const char* text;
  } cases[] = {
      {"srun --uid=0 id", "srun: the option --uid may not be used from inside a workspace"},
      {"srun --uid 0 id", "srun: the option --uid may not be used from inside a workspace"},
      {"srun -n 2 --ui=0 id", "srun: the option --uid may not be used from inside a workspace"},
      {"srun --gid=0 id", "srun: the option --gid may not be used from inside a workspace"},
      {"srun -M other id", "srun: the option --clusters may not be used from inside a workspace"},
      {"srun -lMother id", "srun: the option --clusters may not be used from inside a workspace"},
      {"srun --prolog=./x id", "srun: the option --prolog may not be used from inside a workspace"},
      {"srun --epi=./x id", "srun: the option --epilog may not be used from inside a workspace"},
      {"srun --task-epilog=./x id",
       "srun: the option --task-epilog may not be used from inside a workspace"},
      {"srun --task-p ./x id",
       "srun: the option --task-prolog may not be used from inside a workspace"},
      {"srun --unknown x --uid=0 id",
       "srun: the option --uid may not be used from inside a workspace"},
      {"srun id : --uid=0 id", "srun: the option --uid may not be used from inside a workspace"},
      {"sbatch --uid=root job.sh",
       "sbatch: the option --uid may not be used from inside a workspace"},
      {"sbatch --gid=root job.sh",
       "sbatch: the option --gid may not be used from inside a workspace"},
      {"sbatch --clusters=all job.sh",
       "sbatch: the option --clusters may not be used from inside a workspace"},
      {"sbatch --get-user-env job.sh",
       "sbatch: the option --get-user-env may not be used from inside a workspace"},
      {"salloc --uid=0", "salloc: the option --uid may not be used from inside a workspace"},
      {"scancel -M other 5",
       "scancel: the option --clusters may not be used from inside a workspace"},
      {"scancel 5 --clusters other",
       "scancel: the option --clusters may not be used from inside a workspace"},
      {"squeue --cluster=other",
       "squeue: the option --clusters may not be used from inside a workspace"},
      {"sinfo -M other", "sinfo: the option --clusters may not be used from inside a workspace"},
      {"scontrol -u root update job 5",
       "scontrol: the option --uid may not be used from inside a workspace"},
      {"scontrol show job --uid=0",
       "scontrol: the option --uid may not be used from inside a workspace"},
      {"sacct -f /etc/shadow", "sacct: the option --file may not be used from inside a workspace"},
      {"srun --workspace=none id",
       "srun: --workspace=none may not be used from inside a workspace"},
      {"sbatch --workspace none job.sh",
       "sbatch: --workspace=none may not be used from inside a workspace"},
      {"salloc --works=none", "salloc: --workspace=none may not be used from inside a workspace"},
  };
  for (const auto& c : cases)
    expect_error([&] { plan_host_command(request_of(c.command), all_rules()); }, ErrorKind::kDenied,
                 StrEq(c.text));
}

TEST(HostCommand, LeavesTheProgramsOwnOptionsAlone) {
  for (const auto* const text :
       {"srun ./prog --uid=0 -M x --workspace=none", "sbatch job.sh --uid 0", "srun -- prog --gid",
        "squeue -u root", "scancel -u user1", "sacct -u user1", "srun -u prog",
        "sbatch --workspace=tiny job.sh", "scontrol show job 5", "sattach 5.0",
        "sbcast -f program /tmp/program"})
    EXPECT_EQ(plan_host_command(request_of(text), all_rules()).argv, split(text, ' '));
}

TEST(HostCommand, OfSallocOnlyMakesTheAllocation) {
  const std::string holder = std::string(build_paths::kLibexecDir) + "/workspace-exec";
  const auto argv_of = [](const char* text) {
    return plan_host_command(request_of(text), all_rules()).argv;
  };
  EXPECT_THAT(argv_of("salloc -n 2 sh -c evil"),
              ElementsAre("salloc", "-n", "2", holder, "--hold-allocation"));
  EXPECT_THAT(argv_of("salloc"), ElementsAre("salloc", holder, "--hold-allocation"));
  EXPECT_THAT(argv_of("salloc -n 2 --no-shell"), ElementsAre("salloc", "-n", "2", "--no-shell"));
  for (const std::string option : {"--of-a-later-slurm", "--exclusiv"}) {
    expect_error([&] { argv_of(("salloc " + option + " /bin/sh").c_str()); }, ErrorKind::kDenied,
                 StrEq("salloc: write the option " + option +
                       " with its whole name, and its value behind '='"));
  }
}

TEST(HostCommand, CarriesTheFolderOfSrunsTasks) {
  const auto environment_of = [](const char* text) {
    return plan_host_command(request_of(text), all_rules()).environment;
  };
  const char* const carried = "WORKSPACE_CARRIED_FOLDER=/home/user";
  EXPECT_THAT(environment_of("srun ./prog"), Contains(carried));
  EXPECT_THAT(environment_of("srun --chdir=/tmp ./prog"), Not(Contains(carried)));
  EXPECT_THAT(environment_of("sbatch job.sh"), Not(Contains(carried)));
}

TEST(HostCommand, TakesTheGuestsScriptWhereTheNodeHasAnother) {
  const TemporaryFolder folder;
  folder.write("job.sh", "#!/bin/sh\n");
  TaskRequest request = request_of("sbatch -n 2 job.sh x");
  request.spec.working_directory = folder.path();
  request.spec.script_path = folder.path() + "/job.sh";
  request.script = "#!/bin/sh\n";
  EXPECT_FALSE(plan_host_command(request, all_rules()).script);
  request.script = "#!/bin/sh\necho inside\n";
  const HostCommand command = plan_host_command(request, all_rules());
  EXPECT_EQ(command.script, "#!/bin/sh\necho inside\n");
  EXPECT_EQ(command.script_word, 3U);
}

}  // namespace
}  // namespace workspace::exec
