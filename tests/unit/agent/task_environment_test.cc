#include "guest/task_environment.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

using Environment = std::vector<std::string>;

const std::string kSystem = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A guest with the shell /bin/bash, and whose user's home is /home/user1.
InsideFacts facts() {
  return {"/home/user1", "/bin/sh", [](const std::string& path) { return path == "/bin/bash"; }};
}

GuestTaskRules rules(std::vector<std::pair<std::string, std::string>> image_env,
                     std::vector<std::string> outside = {}) {
  GuestTaskRules rules;
  rules.image = "tiny:1";
  rules.image_env = std::move(image_env);
  rules.outside_variables = std::move(outside);
  return rules;
}

TEST(InsideEnvironment, IsATable) {
  const std::string path = "PATH=" + kSystem;
  const std::string home = "HOME=/home/user1";
  const std::string image = "WORKSPACE_IMAGE=tiny:1";
  struct Case {
    std::string what;
    Environment outside;
    GuestTaskRules rules;
    Environment inside;
  };
  const std::vector<Case> cases = {
      {"an empty one gets what every program needs", {}, rules({}), {path, home, image}},
      {"what no rule names goes in as it is, in its order",
       {"B=2", home, path, "A=", "odd", "=x", "LANG=de_DE.UTF-8", "SLURM_JOB_ID=4"},
       rules({}),
       {"B=2", home, path, "A=", "odd", "=x", "LANG=de_DE.UTF-8", "SLURM_JOB_ID=4", image}},
      {"PATH keeps what is in it and gets the system's folders behind",
       {"PATH=/opt/x:/usr/bin", home},
       rules({}),
       {"PATH=/opt/x:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin", home, image}},
      {"an empty part of PATH stays",
       {"PATH=:/bin", home},
       rules({}),
       {"PATH=:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin", home, image}},
      {"an empty PATH gets no empty part", {"PATH=", home}, rules({}), {path, home, image}},
      {"the image's PATH wins as it is",
       {"PATH=/opt/x", home},
       rules({{"PATH", "/app/bin:/bin"}}),
       {"PATH=/app/bin:/bin", home, image}},
      {"the loader's variables stay outside",
       {"LD_PRELOAD=/x.so", "LD_LIBRARY_PATH=/x", "LD_AUDIT=/y", "LDFLAGS=-s", path, home},
       rules({}),
       {"LDFLAGS=-s", path, home, image}},
      {"but for those that the image sets",
       {"LD_LIBRARY_PATH=/x", path, home},
       rules({{"LD_LIBRARY_PATH", "/app/lib"}}),
       {path, home, "LD_LIBRARY_PATH=/app/lib", image}},
      {"or that are asked for by name",
       {"LD_LIBRARY_PATH=/x", "LD_PRELOAD=/x.so", path, home},
       rules({{"LD_LIBRARY_PATH", "/app/lib"}}, {"LD_LIBRARY_PATH"}),
       {path, home, "LD_LIBRARY_PATH=/x", image}},
      {"or that --export sets",
       {"LD_PRELOAD=/x.so", "SLURM_EXPORT_ENV=ALL,LD_PRELOAD=/x.so", path, home},
       rules({}),
       {"SLURM_EXPORT_ENV=ALL,LD_PRELOAD=/x.so", path, home, "LD_PRELOAD=/x.so", image}},
      {"a name alone in --export is no value",
       {"LANG=de", "SLURM_EXPORT_ENV=LANG", path, home},
       rules({{"LANG", "C"}}),
       {"LANG=C", "SLURM_EXPORT_ENV=LANG", path, home, image}},
      {"HOME is the task's", {"HOME=/other", path}, rules({}), {"HOME=/other", path, image}},
      {"HOME is the image's", {home, path}, rules({{"HOME", "/app"}}), {"HOME=/app", path, image}},
      {"LANG is the image's",
       {"LANG=de_DE.UTF-8", path, home},
       rules({{"LANG", "C.UTF-8"}}),
       {"LANG=C.UTF-8", path, home, image}},
      {"unless it is asked for by name",
       {"LANG=de_DE.UTF-8", path, home},
       rules({{"LANG", "C.UTF-8"}}, {"LANG"}),
       {"LANG=de_DE.UTF-8", path, home, image}},
      {"or set by --export",
       {"LANG=de", "SLURM_EXPORT_ENV=LANG=de", path, home},
       rules({{"LANG", "C"}}),
       {"LANG=de", "SLURM_EXPORT_ENV=LANG=de", path, home, image}},
      {"what is asked for by name and is not there is the image's",
       {path, home},
       rules({{"LANG", "C.UTF-8"}}, {"LANG", "TZ"}),
       {path, home, "LANG=C.UTF-8", image}},
      {"PATH that is asked for",
       {"PATH=/opt/x", home},
       rules({}, {"PATH"}),
       {"PATH=/opt/x", home, image}},
      {"SHELL that is there",
       {"SHELL=/bin/bash", path, home},
       rules({}),
       {"SHELL=/bin/bash", path, home, image}},
      {"SHELL that is not there",
       {"SHELL=/bin/zsh", path, home},
       rules({}),
       {"SHELL=/bin/sh", path, home, image}},
      {"Slurm's variables are no image's",
       {"SLURM_JOB_ID=4", path, home},
       rules({{"SLURM_JOB_ID", "5"}, {"SLURM_X", "5"}, {"WORKSPACE_X", "5"}}),
       {"SLURM_JOB_ID=4", path, home, image}},
      {"the image's name cannot be forged",
       {"WORKSPACE_IMAGE=x", path, home, "WORKSPACE_IMAGE=y"},
       rules({{"WORKSPACE_IMAGE", "z"}}, {"WORKSPACE_IMAGE"}),
       {image, path, home}},
      {"of a variable that is there twice one stays, where it is set",
       {"LANG=a", path, home, "LANG=b"},
       rules({{"LANG", "C"}}),
       {"LANG=C", path, home, image}},
  };
  for (const auto& c : cases)
    EXPECT_EQ(inside_environment(c.outside, c.rules, facts()), c.inside) << c.what;
}

}  // namespace
}  // namespace workspace::agent
