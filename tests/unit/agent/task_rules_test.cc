#include "guest/task_rules.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

using Words = std::vector<std::string>;

GuestConfig some_config() {
  GuestConfig config{JobId(42)};
  config.home = "/home/user1";
  config.shell = "/no/such/shell";
  config.task_rules.image = "tiny:1";
  return config;
}

TaskSpec some_task(const std::string& folder) {
  TaskSpec spec;
  spec.argv = {"prog"};
  spec.working_directory = folder;
  return spec;
}

TEST(TaskRules, ChooseTheFolder) {
  struct Case {
    std::string own;
    std::string of_job;
    std::string of_image;
    std::string chosen;
  };
  const Case cases[] = {
      {"/tmp", "", "", "/tmp"},
      {"/no/such", "", "", "/no/such"},
      {"/tmp", "", "/usr", "/tmp"},
      {"/no/such", "", "/usr", "/usr"},
      {"/dev/null", "", "/usr", "/usr"},
      {"/tmp", "/usr", "/etc", "/usr"},
      {"/tmp", "/no/such", "/etc", "/no/such"},
  };
  for (const auto& c : cases) {
    GuestConfig config = some_config();
    config.task_rules.working_directory = c.of_job;
    config.task_rules.image_working_directory = c.of_image;
    TaskSpec spec = some_task(c.own);
    apply_task_rules(spec, config);
    EXPECT_EQ(spec.working_directory, c.chosen);
  }
}

TEST(TaskRules, LeaveWhatWasStartedFromInside) {
  GuestConfig config = some_config();
  config.task_rules.working_directory = "/usr";
  TaskSpec spec = some_task("/tmp");
  spec.from_inside = true;
  spec.environment = {"LD_PRELOAD=/x.so"};
  apply_task_rules(spec, config);
  EXPECT_EQ(spec.working_directory, "/tmp");
  EXPECT_EQ(spec.environment, Words{"LD_PRELOAD=/x.so"});
}

TEST(TaskRules, GiveAnInteractiveShellThatIsThere) {
  const GuestConfig config = some_config();
  const auto argv_of = [&](const Words& argv, StdioKind kind) {
    TaskSpec spec = some_task("/tmp");
    spec.argv = argv;
    spec.stdio.fill(kind);
    apply_task_rules(spec, config);
    return spec.argv;
  };
  EXPECT_EQ(argv_of({config.shell}, StdioKind::kTerminal), Words{"/bin/sh"});
  const Words script = {config.shell, "script"};
  EXPECT_EQ(argv_of(script, StdioKind::kTerminal), script);
  EXPECT_EQ(argv_of({config.shell}, StdioKind::kRelayed), Words{config.shell});
  EXPECT_EQ(argv_of({"/bin/cat"}, StdioKind::kTerminal), Words{"/bin/cat"});
}

}  // namespace
}  // namespace workspace::agent
