#include "spank_plugin/workspace_choice.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StrEq;

using Variables = std::map<std::string, std::string, std::less<>>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(WorkspaceChoice, WordsWinOverDefaultsAndNoneWinsOverAll) {
  struct Case {
    const char* what;
    GivenOptions given;
    Submitter submitter;
    Variables variables;
    std::optional<WorkspaceChoice> chosen;
  };
  const WorkspaceChoice tiny{"tiny", "", ""};
  const std::vector<Case> cases = {
      {"nothing said", {}, Submitter::kSbatch, {}, {}},
      {"an option", {"tiny", {}, {}}, Submitter::kSbatch, {}, tiny},
      {"sbatch's default", {}, Submitter::kSbatch, {{"SBATCH_WORKSPACE", "tiny"}}, tiny},
      {"salloc's default", {}, Submitter::kSalloc, {{"SALLOC_WORKSPACE", "tiny"}}, tiny},
      {"srun's default", {}, Submitter::kSrun, {{"SLURM_WORKSPACE", "tiny"}}, tiny},
      {"another command's default",
       {},
       Submitter::kSbatch,
       {{"SALLOC_WORKSPACE", "tiny"}, {"SLURM_WORKSPACE", "tiny"}},
       {}},
      {"an empty default", {}, Submitter::kSbatch, {{"SBATCH_WORKSPACE", ""}}, {}},
      {"the default none", {}, Submitter::kSbatch, {{"SBATCH_WORKSPACE", "none"}}, {}},
      {"an option over a default",
       {"tiny", {}, {}},
       Submitter::kSbatch,
       {{"SBATCH_WORKSPACE", "legacy"}},
       tiny},
      {"an option over a default that is malformed",
       {"tiny", {}, {}},
       Submitter::kSbatch,
       {{"SBATCH_WORKSPACE", "../x"}},
       tiny},
      {"none over a default",
       {"none", {}, {}},
       Submitter::kSbatch,
       {{"SBATCH_WORKSPACE", "tiny"}},
       {}},
      {"none, with an option that no job needs then",
       {"none", "20G", "/data"},
       Submitter::kSbatch,
       {},
       {}},
      {"defaults of disk and mounts",
       {"tiny:2", {}, {}},
       Submitter::kSrun,
       {{"SLURM_WORKSPACE_DISK", "20G"}, {"SLURM_WORKSPACE_MOUNT", "/data:/data:ro"}},
       WorkspaceChoice{"tiny:2", "20G", "/data:/data:ro"}},
      {"options over defaults of disk and mounts",
       {"tiny", "1G", "/a,/b"},
       Submitter::kSrun,
       {{"SLURM_WORKSPACE_DISK", "20G"}, {"SLURM_WORKSPACE_MOUNT", "/data"}},
       WorkspaceChoice{"tiny", "1G", "/a,/b"}},
      {"defaults of what tasks find inside",
       {"tiny", {}, {}},
       Submitter::kSrun,
       {{"SLURM_WORKSPACE_ENV", "PATH,TZ"},
        {"SLURM_WORKSPACE_WORKDIR", "/data"},
        {"SLURM_WORKSPACE_ROOT", "true"},
        {"SLURM_WORKSPACE_SAVE", "mine"}},
       WorkspaceChoice{"tiny", "", "", "PATH,TZ", "/data", true, "mine"}},
      {"options over defaults of what tasks find inside",
       {"tiny", {}, {}, "LANG", "/run/x", "true"},
       Submitter::kSalloc,
       {{"SALLOC_WORKSPACE_ENV", "PATH,TZ"},
        {"SALLOC_WORKSPACE_WORKDIR", "/data"},
        {"SALLOC_WORKSPACE_ROOT", "false"}},
       WorkspaceChoice{"tiny", "", "", "LANG", "/run/x", true}},
      {"no root by a default",
       {"tiny", {}, {}},
       Submitter::kSbatch,
       {{"SBATCH_WORKSPACE_ROOT", "false"}},
       tiny},
      {"defaults of disk and mounts without a workspace",
       {},
       Submitter::kSbatch,
       {{"SBATCH_WORKSPACE_DISK", "20G"}, {"SBATCH_WORKSPACE_MOUNT", "/data"}},
       {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(choose_workspace({c.given, {}}, c.submitter, environment_of(c.variables)), c.chosen);
  }
}

TEST(WorkspaceChoice, OfAScriptsLineTheVariableCountsMoreAndTheCommandLineMost) {
  struct Case {
    const char* what;
    SaidOptions said;
    Variables variables;
    std::optional<WorkspaceChoice> chosen;
  };
  const std::vector<Case> cases = {
      {"the script alone", {{}, {"legacy", "1G", {}}}, {}, WorkspaceChoice{"legacy", "1G", ""}},
      {"a variable over the script",
       {{}, {"legacy", "1G", {}}},
       {{"SBATCH_WORKSPACE", "tiny"}, {"SBATCH_WORKSPACE_DISK", "2G"}},
       WorkspaceChoice{"tiny", "2G", ""}},
      {"none in a variable over the script",
       {{}, {"legacy", {}, {}}},
       {{"SBATCH_WORKSPACE", "none"}},
       {}},
      {"an empty variable does not count",
       {{}, {"legacy", {}, {}}},
       {{"SBATCH_WORKSPACE", ""}},
       WorkspaceChoice{"legacy", "", ""}},
      {"the command line over both",
       {{"course", {}, {}}, {"legacy", "1G", {}}},
       {{"SBATCH_WORKSPACE", "tiny"}},
       WorkspaceChoice{"course", "1G", ""}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(choose_workspace(c.said, Submitter::kSbatch, environment_of(c.variables)), c.chosen);
  }
}

TEST(WorkspaceChoice, FindsAnOptionOnTheCommandLine) {
  struct Case {
    std::vector<std::string> words;
    std::string_view name;
    bool found;
  };
  const std::vector<Case> cases = {
      {{"sbatch", "--workspace=tiny", "job.sh"}, "workspace", true},
      {{"sbatch", "--workspace", "tiny", "job.sh"}, "workspace", true},
      {{"sbatch", "-n2", "job.sh"}, "workspace", false},
      {{"sbatch", "workspace", "--", "--"}, "workspace", false},
      {{"sbatch", "--workspace-disk=1G"}, "workspace", false},
      {{"sbatch", "--workspace=tiny"}, "workspace-disk", false},
      {{"sbatch", "--workspace-disk=1G"}, "workspace-disk", true},
      {{"sbatch", "--workspace-d=1G"}, "workspace-disk", true},
      {{"sbatch", "--workspace-mount", "/a"}, "workspace-disk", false},
      {{"sbatch", "--wait"}, "workspace", false},
      {{"sbatch", "--="}, "workspace", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(is_on_command_line(c.words, c.name), c.found) << c.words.at(1) << " for " << c.name;
}

TEST(WorkspaceChoice, RefusesWhatCannotBeMeant) {
  struct Case {
    GivenOptions given;
    Variables variables;
    ErrorKind kind;
    const char* text;
  };
  const std::vector<Case> cases = {
      {{{}, "20G", {}}, {}, ErrorKind::kUsage, "--workspace-disk needs --workspace=NAME"},
      {{{}, {}, "/a"}, {}, ErrorKind::kUsage, "--workspace-mount needs --workspace=NAME"},
      {{{}, {}, {}, "A"}, {}, ErrorKind::kUsage, "--workspace-env needs --workspace=NAME"},
      {{{}, {}, {}, {}, "/a"}, {}, ErrorKind::kUsage, "--workspace-workdir needs --workspace=NAME"},
      {{{}, {}, {}, {}, {}, "true"},
       {},
       ErrorKind::kUsage,
       "--workspace-root needs --workspace=NAME"},
      {{{}, {}, {}, {}, {}, {}, "mine"},
       {},
       ErrorKind::kUsage,
       "--workspace-save needs --workspace=NAME"},
      {{"tiny", {}, {}},
       {{"SBATCH_WORKSPACE_ROOT", "yes"}},
       ErrorKind::kInvalid,
       "SBATCH_WORKSPACE_ROOT: 'yes' is neither true nor false"},
      {{"tiny", {}, {}},
       {{"SBATCH_WORKSPACE_ENV", "A B"}},
       ErrorKind::kInvalid,
       "SBATCH_WORKSPACE_ENV: 'A B' is not the name of a variable"},
      {{},
       {{"SBATCH_WORKSPACE", "Tiny"}},
       ErrorKind::kInvalid,
       "SBATCH_WORKSPACE: image name 'Tiny' has the character 'T' at position 1"},
      {{"tiny", {}, {}},
       {{"SBATCH_WORKSPACE_DISK", "much"}},
       ErrorKind::kInvalid,
       "SBATCH_WORKSPACE_DISK: disk size 'much' is not a size"},
      {{"tiny", {}, {}},
       {{"SBATCH_WORKSPACE_MOUNT", "data"}},
       ErrorKind::kInvalid,
       "SBATCH_WORKSPACE_MOUNT: mount source 'data' is not an absolute path"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error(
        [&] {
          choose_workspace({c.given, {}}, Submitter::kSbatch, environment_of(c.variables));
        },
        c.kind, HasSubstr(c.text));
  }
}

TEST(WorkspaceOptions, AreCheckedForTheirForm) {
  check_workspace_option("none");
  check_workspace_option("tiny");
  check_workspace_option("legacy-bullseye:11.2");
  check_disk_option("512M");
  check_env_option("PATH,LD_LIBRARY_PATH,_x1");
  check_workdir_option("/data/a b");
  check_root_option("true");
  check_root_option("false");
  check_mounts_option("/data,/home/u/x:/x:ro");

  struct Case {
    void (*check)(std::string_view);
    std::string value;
    ErrorKind kind;
    const char* text;
  };
  const std::vector<Case> cases = {
      {check_workspace_option, "", ErrorKind::kInvalid, "image name '' is empty"},
      {check_workspace_option, "a/b", ErrorKind::kInvalid, "has the character '/' at position 2"},
      {check_workspace_option, "..", ErrorKind::kInvalid, "has the character '.' at position 1"},
      {check_workspace_option, "a\nb", ErrorKind::kInvalid,
       "has the character '\\x0a' at position 2"},
      {check_workspace_option, std::string(300, 'a'), ErrorKind::kInvalid, "has 300 characters"},
      {check_workspace_option, "tiny:", ErrorKind::kInvalid, "image version '' is empty"},
      {check_workspace_option, "tiny:1:2", ErrorKind::kInvalid, "has the character ':'"},
      {check_disk_option, "-1G", ErrorKind::kInvalid, "disk size '-1G' is not a size"},
      {check_disk_option, "1X", ErrorKind::kInvalid, "disk size '1X' has an unknown unit"},
      {check_env_option, "", ErrorKind::kInvalid, "no variable is named; expected VAR[,VAR]"},
      {check_env_option, "A=1", ErrorKind::kInvalid, "'A=1' is not the name of a variable"},
      {check_env_option, "A,", ErrorKind::kInvalid, "'' is not the name of a variable"},
      {check_env_option, "A,A", ErrorKind::kInvalid, "the variable A is named twice"},
      {check_workdir_option, "", ErrorKind::kInvalid, "workdir '' is not an absolute path"},
      {check_workdir_option, "a", ErrorKind::kInvalid, "workdir 'a' is not an absolute path"},
      {check_workdir_option, "/a/..", ErrorKind::kInvalid, "has an empty, '.' or '..' part"},
      {check_save_option, "", ErrorKind::kInvalid, "image name '' is empty"},
      {check_save_option, "a:1", ErrorKind::kInvalid, "image name 'a:1' has the character ':'"},
      {check_root_option, "", ErrorKind::kInvalid, "'' is neither true nor false"},
      {check_root_option, "1", ErrorKind::kInvalid, "'1' is neither true nor false"},
      {check_mounts_option, "/a:/b:rx", ErrorKind::kInvalid, "has the mode 'rx', not ro or rw"},
      {check_mounts_option, "/a:/b,/c:/b", ErrorKind::kInvalid,
       "has a destination that another mount has already"},
      {check_mounts_option, "/proc:/a", ErrorKind::kDenied,
       "'/proc' of the node may not be mounted"},
      {check_mounts_option, "/a:/proc", ErrorKind::kDenied, "nothing may be mounted at '/proc'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    expect_error([&] { c.check(c.value); }, c.kind, HasSubstr(c.text));
  }
}

TEST(AskingForTheNode, IsNoneInAnyPlace) {
  const auto asks = [](const SaidOptions& said, Variables variables) {
    return asks_for_the_node(said, Submitter::kSbatch, environment_of(std::move(variables)));
  };
  EXPECT_TRUE(asks({{"none", {}, {}}, {}}, {}));
  EXPECT_TRUE(asks({{}, {"none", {}, {}}}, {}));
  EXPECT_TRUE(asks({}, {{"SBATCH_WORKSPACE", "none"}}));
  EXPECT_FALSE(asks({{"tiny", {}, {}}, {}}, {{"SLURM_WORKSPACE", "none"}}));
  EXPECT_FALSE(asks({}, {}));
}

TEST(StepOfAJob, IsAnSrunWithinAJobAlone) {
  const auto in_job = environment_of({{"SLURM_JOB_ID", "42"}});
  const auto in_old_job = environment_of({{"SLURM_JOBID", "42"}});
  EXPECT_TRUE(is_step_of_a_job(Submitter::kSrun, in_job));
  EXPECT_TRUE(is_step_of_a_job(Submitter::kSrun, in_old_job));
  EXPECT_FALSE(is_step_of_a_job(Submitter::kSrun, environment_of({})));
  EXPECT_FALSE(is_step_of_a_job(Submitter::kSbatch, in_job)) << "sbatch always makes a new job";
  EXPECT_FALSE(is_step_of_a_job(Submitter::kSalloc, in_job)) << "salloc always makes a new job";
}

}  // namespace
}  // namespace workspace
