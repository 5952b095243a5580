#include "cli/dispatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libworkspace/catalog/registration.h"
#include "tests/support/expect_error.h"
#include "tests/unit/cli/run_workspace.h"

namespace workspace::cli {
namespace {

using ::testing::AllOf;
using testing::Answer;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::run;
using testing::SiteTest;
using ::testing::StartsWith;

TEST(Dispatch, HelpNamesEveryCommand) {
  const Answer help = run({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command : {"list", "image list", "image show NAME[:VERSION]",
                              "image register MANIFEST", "ps [JOB]", "resolve"}) {
    EXPECT_THAT(help.output, HasSubstr(std::string("  workspace ") + command));
  }
  EXPECT_THAT(run({"resolve", "--nonsense", "--help"}).output,
              AllOf(StartsWith("usage: workspace resolve [OPTION…]\n"), HasSubstr("--disk SIZE")));
  EXPECT_THAT(run({"--version"}).output, MatchesRegex("workspace [0-9.]+\n"));
}

TEST(Dispatch, RefusesCommandsThatAreNone) {
  struct Case {
    std::vector<std::string> words;
    const char* message;
  };
  for (const auto& [words, message] : {
           Case{{}, "a command is missing; see workspace --help"},
           Case{{"dismantle"}, "unknown command 'dismantle'; see workspace --help"},
           Case{{"lst"}, "unknown command 'lst'; did you mean 'list'?"},
           Case{{"image"}, "unknown command 'image'; see workspace --help"},
           Case{{"image", "lst"}, "unknown command 'image lst'; did you mean 'image list'?"},
           Case{{"image", "show"}, "NAME[:VERSION] is missing; see --help"},
           Case{{"resolve"}, "--image is missing; see workspace resolve --help"},
           Case{{"list", "--xml"}, "unknown option '--xml'; see --help"},
       }) {
    expect_error([&] { run(words); }, ErrorKind::kUsage, message);
  }
}

TEST_F(SiteTest, RegistersShowsAndListsImages) {
  const auto manifest = sample_.write_manifest(
      "tiny", "1", "description: for tests\nneeds: {memory: 96M, vcpus: 2, disk: 1G}\n");
  const Answer registered = run_here({"image", "register", manifest});
  EXPECT_THAT(registered.output,
              MatchesRegex("registered tiny:1 as sha256:[0-9a-f]{64}\n"
                           "next, so that it may be used: workspace image approve tiny:1\n"));
  EXPECT_EQ(registered.error_output, "") << "progress is for terminals alone";
  EXPECT_EQ(run_here({"list"}).output, "there is no image that you may use\n");

  const std::string secret = sample_.folder().file("secret/site.key");
  EXPECT_THAT(run_here({"image", "key", "new", "site", "--secret", secret}).output,
              StartsWith("made the key "));
  EXPECT_THAT(run_here({"image", "approve", "tiny", "--secret", secret}).output,
              MatchesRegex("approved tiny:1 \\(sha256:[0-9a-f]{64}\\) by the key 'site'\n"));

  EXPECT_EQ(run_here({"list"}).output,
            "IMAGE  VERSION  NEEDS                 DESCRIPTION\n"
            "tiny   1        2 CPUs, 96M, disk 1G  for tests\n");
  EXPECT_THAT(run_here({"image", "list"}).output, HasSubstr("\ntiny   1        squashfs  11 B  "));
  EXPECT_THAT(
      run_here({"image", "show", "tiny"}).output,
      AllOf(StartsWith("image        tiny:1\n"), HasSubstr("\napproved     by 'site' ("),
            HasSubstr("\nfor          everybody\n"), HasSubstr("\nkernel       the site's\n"),
            HasSubstr("\nmemory       96M or more\n"), HasSubstr("\nmachine      x86_64\n"),
            HasSubstr("\ncached       not on this machine\n"), HasSubstr("\n\nname: \"tiny\"\n")));
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"list", "--json"},
                                             {"image", "list", "--json"},
                                             {"image", "show", "tiny:1", "--json"}}) {
    EXPECT_THAT(
        run_here(command).output,
        AllOf(StartsWith("{\"images\": [{\"name\": \"tiny\", \"version\": \"1\", "),
              HasSubstr("\"size_bytes\": 11}, \"needs\": {\"memory_mib\": 96, \"vcpus\": 2, "
                        "\"disk_mib\": 1024, \"gpus\": 0, \"architecture\": \"x86_64\"}")));
  }
  EXPECT_THAT(run_here({"image", "show", "tiny", "--json"}).output,
              HasSubstr(R"("cached_here": false, "manifest": "name: \"tiny\"\u000aversion: )"));
}

TEST_F(SiteTest, ListsNeedsOfGpusAndOfAnotherArchitecture) {
  sample_.make_key();
  sample_.approve(register_image(
      sample_.store(),
      sample_.write_manifest("tiny", "1", "needs: {gpu: 2, architecture: aarch64}\n"), nullptr));
  EXPECT_EQ(run_here({"list"}).output,
            "IMAGE  VERSION  NEEDS                   DESCRIPTION\n"
            "tiny   1        1 CPU, 2 GPUs, aarch64\n");
  EXPECT_THAT(
      run_here({"image", "show", "tiny"}).output,
      AllOf(HasSubstr("\ngpus         2 or more\n"), HasSubstr("\nmachine      aarch64\n")));
  EXPECT_THAT(run_here({"list", "--json"}).output,
              HasSubstr("\"gpus\": 2, \"architecture\": \"aarch64\"}"));
}

TEST_F(SiteTest, ListsTheNewestForUsersAndAllForAdmins) {
  sample_.make_key();
  for (const char* version : {"2", "1"}) {
    sample_.approve(
        register_image(sample_.store(), sample_.write_manifest("tiny", version), nullptr));
  }
  register_image(sample_.store(), sample_.write_manifest("tiny", "3"), nullptr);
  register_image(sample_.store(), sample_.write_manifest("raw", "1"), nullptr);
  EXPECT_EQ(run_here({"list"}).output,
            "IMAGE  VERSION  NEEDS  DESCRIPTION\n"
            "tiny   1        1 CPU\n");
  EXPECT_THAT(run_here({"image", "list"}).output,
              AllOf(HasSubstr("\ntiny   1 "), HasSubstr("\ntiny   2 "), HasSubstr("\ntiny   3 "),
                    HasSubstr("  approved  sha256:"), HasSubstr("  refused   sha256:")));
}

TEST_F(SiteTest, TellsTheVersionsOfAnImageAndWhoApprovedEach) {
  sample_.make_key();
  sample_.approve(register_image(
      sample_.store(),
      sample_.write_manifest("tiny", "1", "description: the first\ncreated: 2026-01-31\n"),
      nullptr));
  register_image(sample_.store(), sample_.write_manifest("tiny", "2"), nullptr);
  register_image(sample_.store(), sample_.write_manifest("raw", "1"), nullptr);
  const std::string history = run_here({"image", "history", "tiny"}).output;
  EXPECT_THAT(history, MatchesRegex("VERSION  CREATED +REGISTERED +APPROVED +DIGEST +DESCRIPTION\n"
                                    "2 +- .*image tiny:2 is not approved: its manifest is not "
                                    "signed  sha256:.*\n"
                                    "1 +2026-01-31T00:00:00Z .*  by 'site' .*the first\n"));
  EXPECT_THAT(run_here({"image", "history", "tiny", "--json"}).output,
              AllOf(StartsWith("{\"images\": [{\"name\": \"tiny\", \"version\": \"2\""),
                    ::testing::Not(HasSubstr("raw"))));
  expect_error(
      [&] {
        (void)run_here({"image", "history", "tinny"});
      },
      ErrorKind::kNotFound, StartsWith("image 'tinny' is not registered"));
  expect_error(
      [&] {
        (void)run_here({"image", "history", "tiny:1"});
      },
      ErrorKind::kUsage, ::testing::StrEq("a history is of a name, not of a version: tiny"));
}

TEST_F(SiteTest, TellsDamageBesideTheList) {
  register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr);
  sample_.folder().write("store/images/tiny/2/manifest.yaml", "garbage");
  const Answer answer = run_here({"image", "list"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.output, HasSubstr("\ntiny   1 "));
  EXPECT_THAT(answer.error_output,
              StartsWith("workspace: warning: image tiny:2 is damaged in the catalogue: "));
}

TEST_F(SiteTest, ResolveAnswersInOneLineOnOneStream) {
  sample_.make_key();
  sample_.approve(register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr));
  const Answer good = run_here({"resolve", "--image", "tiny", "--disk", "4G"});
  EXPECT_EQ(good.status, 0);
  EXPECT_THAT(good.output,
              MatchesRegex("1 image=tiny version=1 digest=sha256:[0-9a-f]{64} disk_mib=4096 "
                           "needs_memory_mib=112 needs_vcpus=1 secret=[0-9a-f]{64}\n"));
  EXPECT_EQ(good.error_output, "");

  const Answer bad = run_here({"resolve", "--image", "tiny\n"});
  EXPECT_NE(bad.status, 0);
  EXPECT_EQ(bad.output, "");
  EXPECT_THAT(bad.error_output,
              MatchesRegex("image name 'tiny\\\\x0a' has the character [^\n]*\n"));
}

TEST_F(SiteTest, AFaultOfTheConfigurationIsTold) {
  sample_.folder().write("workspace.yaml", "sotre: /s\n");
  expect_error([&] { (void)run_here({"list"}); }, ErrorKind::kHost,
               "the site configuration cannot be used: " + config_ +
                   ":1: unknown key 'sotre'; did you mean 'store'?");
}

TEST_F(SiteTest, ApprovesOnlyWhatWasLookedAt) {
  const std::string secret = sample_.make_key();
  const auto image = register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr);
  const std::string other = Digest(Digest::Bytes{}).to_string();
  const auto approve = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"image", "approve", "tiny", "--secret", secret};
    words.insert(words.end(), more.begin(), more.end());
    return run_here(words).status;
  };
  expect_error(
      [&] {
        approve({"--digest", other});
      },
      ErrorKind::kDenied,
      "image tiny:1 has the digest " + image.digest.to_string() + ", not " + other);
  EXPECT_EQ(approve({"--digest", image.digest.to_string()}), 0);
}

TEST_F(SiteTest, ListsAndRevokesKeysAndImages) {
  sample_.make_key("old");
  sample_.make_key("new");
  sample_.approve(register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr),
                  "old");
  expect_error(
      [&] {
        (void)run_here({"image", "key", "revoke", "odl", "--reason", "x"});
      },
      ErrorKind::kNotFound, StartsWith("'odl' is neither the name of a key"));
  expect_error(
      [&] {
        (void)run_here({"image", "key", "revoke", "old"});
      },
      ErrorKind::kUsage, "--reason is missing; refusals will tell it");
  (void)run_here({"image", "key", "revoke", "old", "--reason", "lost"});
  EXPECT_THAT(run_here({"image", "key", "list"}).output,
              AllOf(HasSubstr("  trusted\n"), HasSubstr("  revoked: lost\n")));
  EXPECT_THAT(run_here({"image", "show", "tiny"}).output, HasSubstr(" is revoked: lost\n"));
  sample_.approve(Catalog(sample_.store()).resolve(ImageRef::parse("tiny")), "new");
  EXPECT_EQ(run_here({"resolve", "--image", "tiny"}).status, 0);
  (void)run_here({"image", "revoke", "tiny:1", "--reason", "a hole"});
  EXPECT_THAT(run_here({"resolve", "--image", "tiny"}).error_output,
              StartsWith("image tiny:1 is revoked: a hole; "));
  EXPECT_THAT(run_here({"image", "show", "tiny", "--json"}).output,
              HasSubstr("\"refusal\": \"image tiny:1 is revoked: a hole\""));
}

TEST_F(SiteTest, LintTellsWhatRegistrationWouldRefuse) {
  const auto manifest = sample_.write_manifest("tiny", "1");
  EXPECT_EQ(run({"image", "lint", manifest}).output, manifest + ": fine: tiny:1\n");
  sample_.write_manifest("tiny", "1", "acces: {}\nneeds: {memroy: 1G}\nkernel: {file: none}\n");
  const Answer answer = run({"image", "lint", manifest});
  EXPECT_EQ(answer.status, exit_status(ErrorKind::kInvalid));
  EXPECT_EQ(answer.output, "");
  EXPECT_EQ(answer.error_output, "workspace: error: " + manifest +
                                     ":4: unknown key 'acces'; did you mean 'access'?\n"
                                     "workspace: error: " +
                                     manifest +
                                     ":5: unknown key 'memroy'; did you mean 'memory'?\n"
                                     "workspace: error: " +
                                     manifest + ":6: " + sample_.folder().file("image/none") +
                                     " does not exist\n");
}

TEST_F(SiteTest, LintTellsTheFaultsAsJson) {
  const auto manifest = sample_.write_manifest("tiny", "1");
  EXPECT_THAT(run({"image", "lint", manifest, "--json"}).output,
              AllOf(HasSubstr("\"ok\": true"), HasSubstr("\"faults\": []")));
  sample_.write_manifest("tiny", "1", "acces: {}\n");
  const Answer answer = run({"image", "lint", manifest, "--json"});
  EXPECT_EQ(answer.status, exit_status(ErrorKind::kInvalid));
  EXPECT_THAT(answer.output,
              AllOf(HasSubstr("\"ok\": false"), HasSubstr("\"line\": 4"),
                    HasSubstr("\"fault\": \"unknown key 'acces'; did you mean 'access'?\"")));
  EXPECT_EQ(answer.error_output, "");
}

TEST_F(SiteTest, ConfigCheckTellsWhatIsWrongAndWhatIsMissing) {
  const Answer answer = run({"config", "check", config_});
  EXPECT_EQ(answer.output, config_ + ": fine\n");
  EXPECT_THAT(answer.error_output,
              AllOf(HasSubstr("warning: store: " + sample_.store() + " does not exist\n"),
                    HasSubstr("holds no key, so no image can be used")));
  sample_.folder().write("workspace.yaml", "kesy: /s\nstore: here\nkeys: /none\n");
  const Answer wrong = run({"config", "check", config_});
  EXPECT_EQ(wrong.status, exit_status(ErrorKind::kInvalid));
  EXPECT_THAT(wrong.error_output,
              StartsWith("workspace: error: " + config_ +
                         ":1: unknown key 'kesy'; did you mean 'keys'?\n"
                         "workspace: error: " +
                         config_ + ":2: store 'here' is not an absolute path\n"));
  EXPECT_EQ(wrong.output, "");
}

}  // namespace
}  // namespace workspace::cli
