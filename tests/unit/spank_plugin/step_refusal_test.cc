#include "spank_plugin/step_refusal.h"

#include <gtest/gtest.h>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

TEST(StepRefusal, NamesWhatDoesNotGoWithAWorkspace) {
  struct Case {
    const char* command;
    const char* word;
  };
  const std::vector<Case> cases = {
      {"srun true", ""},
      {"/usr/bin/srun --task-epilog=./x true", "task-epilog"},
      {"srun --task-ep ./x true", "task-epilog"},
      {"srun true --task-epilog=./x", ""},
      {"srun --mpi=pmix -n4 ./ring", "pmix"},
      {"srun --mpi pmix ./ring", "pmix"},
      {"srun --mp=pmix_v4 ./ring", "pmix"},
      {"srun -N2 --mpi=pmi2 ./ring", ""},
      {"srun --mpi=pmix --mpi=pmi2 ./ring", ""},
      {"srun --mpi=pmi2 --mpi=pmix ./ring", "pmix"},
      {"srun --mpi=none ./ring --mpi=pmix", ""},
      {"srun --mpi=pmix --task-epilog=./x ./ring", "task-epilog"},
  };
  for (const auto& [command, word] : cases)
    EXPECT_EQ(step_refusal(split(command, ' '), false), word) << command;
  EXPECT_EQ(step_refusal({"srun", "true"}, true), "task-epilog");
}

TEST(StepRefusal, TellsTheUserWhatToDo) {
  EXPECT_EQ(text_of_step_refusal("task-epilog"),
            "--task-epilog (SLURM_TASK_EPILOG) would run on the node; it may not be used with a "
            "workspace");
  EXPECT_EQ(text_of_step_refusal("pmix"),
            "--mpi=pmix does not reach into the VM of a workspace; use --mpi=pmi2, or start the "
            "program by mpirun");
  EXPECT_EQ(text_of_step_refusal(""), "");
  // The user can forge the word: nothing of it is printed.
  for (const char* const other : {"pmix\n", "true"}) {
    EXPECT_EQ(text_of_step_refusal(other),
              "the step asks for something that may not be used with a workspace");
  }
}

}  // namespace
}  // namespace workspace
