#include "libworkspace/base/hook_program.h"

#include <sys/stat.h>
#include <sysexits.h>

#include "libworkspace/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::TemporaryFolder;

/// A program that counts its runs, each a line, and ends as the shell's `first` and `later` say.
class CountedProgram {
 public:
  CountedProgram(const std::string& first, const std::string& later)
      : program_(folder_.write("program", "#!/bin/sh\nif [ -e '" + runs_ + "' ]; then echo >>'" +
                                              runs_ + "'; " + later + "; fi\necho >'" + runs_ +
                                              "'; " + first + "\n")) {
    ::chmod(program_.c_str(), 0700);
  }

  [[nodiscard]] const std::string& path() const { return program_; }
  [[nodiscard]] std::size_t runs() const { return read_file(runs_, 100).size(); }

 private:
  TemporaryFolder folder_;
  std::string runs_ = folder_.file("runs");
  std::string program_;
};

TEST(HookProgramTest, OnlyAFaultThatMayPassHasASecondRun) {
  struct Case {
    std::string first;
    std::string later;
    int status;
    std::size_t runs;
  };
  const Case cases[] = {
      {"exit 0", "exit 1", 0, 1},
      {"kill -KILL $$", "exit 0", 0, 2},
      {"kill -SEGV $$", "exit 0", 0, 2},
      {"exit " + std::to_string(EX_OSERR), "exit 0", 0, 2},
      {"exit " + std::to_string(EX_SOFTWARE), "exit 0", 0, 2},
      // Lasting faults.
      {"kill -KILL $$", "kill -KILL $$", 137, 2},
      {"exit " + std::to_string(EX_OSERR), "exit " + std::to_string(EX_OSERR), EX_OSERR, 2},
      // What would be so again: a deadline, words that cannot be understood.
      {"exit " + std::to_string(EX_TEMPFAIL), "exit 0", EX_TEMPFAIL, 1},
      {"exit " + std::to_string(EX_DATAERR), "exit 0", EX_DATAERR, 1},
  };
  for (const auto& expected : cases) {
    const CountedProgram program(expected.first, expected.later);
    EXPECT_EQ(run_hook_program(program.path()), expected.status) << expected.first;
    EXPECT_EQ(program.runs(), expected.runs) << expected.first;
  }
}

}  // namespace
}  // namespace workspace
