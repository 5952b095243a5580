#include "libworkspace/model/slurm_command_line.h"

#include <gtest/gtest.h>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// `-n=2 --uid | 3 4`: the options with their values, and the places of the words.
std::string taken_apart(const std::string& command) {
  const auto line = SlurmCommandLine::parse(split(command, ' '));
  std::vector<std::string> parts;
  for (const auto& option : line.options)
    parts.push_back(option.name + (option.value ? "=" + *option.value : ""));
  parts.emplace_back("|");
  for (const auto at : line.words) parts.push_back(std::to_string(at));
  return join(parts, " ");
}

TEST(SlurmCommandLine, TellsOptionsValuesAndWordsApart) {
  const struct {
    const char* command;
    const char* parts;
  } cases[] = {
      {"squeue", "|"},
      {"srun ./prog", "| 1"},
      {"srun -n 2 ./prog", "-n=2 | 3"},
      {"srun -n2 ./prog", "-n=2 | 2"},
      {"srun --ntasks 2 --label ./prog", "--ntasks=2 --label | 4"},
      {"srun --ntasks=2 ./prog", "--ntasks=2 | 2"},
      {"srun -lun2 ./prog", "-l -u -n=2 | 2"},
      {"srun ./prog --uid=0 -M x", "| 1 2 3 4"},
      {"srun -- ./prog --uid=0", "| 2 3"},
      {"srun -W 5 ./prog", "-W=5 | 3"},
      {"srun --wait 5 ./prog", "--wait=5 | 3"},
      {"srun a : --uid=0 b", "--uid=0 | 1 4"},
      {"srun --exclusive ./prog", "--exclusive | 2"},
      {"sbatch -W job.sh -n 3", "-W | 2 3 4"},
      {"sbatch --wait job.sh", "--wait | 2"},
      {"sbatch --wrap true", "--wrap=true |"},
      {"sbatch -n1 : -n2 job.sh", "-n=1 -n=2 | 4"},
      {"salloc -K -n 1 sh -c x", "-K -n=1 | 4 5 6"},
      // The value of an abbreviated option is known, that of an unknown one assumed.
      {"srun --ntasks-per-n 2 ./prog", "--ntasks-per-n=2 | 3"},
      {"srun --of-another-plugin x --uid=0 ./prog", "--of-another-plugin=x --uid=0 | 4"},
      {"srun --of-another-plugin --uid=0 ./prog", "--of-another-plugin --uid=0 | 3"},
      // These go on looking for options behind a word.
      {"squeue -j 5 -h", "-j=5 -h |"},
      {"scontrol show job 5 -d", "-d | 1 2 3"},
      {"scontrol -u 0 show job", "-u=0 | 3 4"},
      {"scancel 5 -M x", "-M=x | 1"},
      {"srun -n", "-n |"},
      {"srun --ntasks", "--ntasks |"},
      {"srun - x", "| 1 2"},
  };
  for (const auto& c : cases) EXPECT_EQ(taken_apart(c.command), c.parts) << c.command;
}

TEST(SlurmCommandLine, KnowsWhichOptionsMayBeMeant) {
  const auto may_have_uid = [](const char* command) {
    return SlurmCommandLine::parse(split(command, ' ')).may_have("uid", 'u');
  };
  EXPECT_TRUE(may_have_uid("scontrol --uid=0"));
  EXPECT_TRUE(may_have_uid("scontrol --ui 0"));
  EXPECT_TRUE(may_have_uid("scontrol -u0"));
  EXPECT_TRUE(may_have_uid("scontrol -ou0"));
  EXPECT_FALSE(may_have_uid("scontrol --usage"));
  EXPECT_FALSE(may_have_uid("scontrol show uid -- --uid=0"));
}

TEST(SlurmCommandLine, KnowsWhoReadsStdin) {
  const auto reads = [](const char* command) {
    const auto argv = split(command, ' ');
    return reads_stdin(argv, SlurmCommandLine::parse(argv));
  };
  for (const auto* const command :
       {"srun cat", "sattach 5.0", "sbatch", "sbatch -n 2", "scontrol", "scancel -i 5"})
    EXPECT_TRUE(reads(command)) << command;
  for (const auto* const command :
       {"squeue", "sinfo -l", "sbatch job.sh", "sbatch --wrap=x", "scontrol show job", "scancel 5",
        "sacct", "sstat 5", "salloc -n1 sh", "sbcast a /tmp/a"})
    EXPECT_FALSE(reads(command)) << command;
}

TEST(SlurmCommandLine, TakesAnythingApart) {
  EXPECT_TRUE(SlurmCommandLine::parse({}).words.empty());
  EXPECT_EQ(taken_apart("unknown --uid 0 x"), "--uid=0 | 3");
}

}  // namespace
}  // namespace workspace
