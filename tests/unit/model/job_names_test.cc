#include "libworkspace/model/job_names.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

TEST(JobNames, GoBothWays) {
  for (const std::uint32_t number : {1U, 42U, 67108863U, UINT32_MAX}) {
    const JobId job(number);
    EXPECT_EQ(job_of_domain(domain_name(job)), job);
    EXPECT_EQ(job_of_namespace(namespace_name(job)), job);
    EXPECT_EQ(job_of_tap(tap_name(job)), job);
    EXPECT_EQ(job_of_tap(private_tap_name(job)), job);
    EXPECT_EQ(job_of_scratch_file(scratch_file_name(job)), job);
    EXPECT_EQ(JobId::parse(job.to_string()), job);
    EXPECT_LE(private_tap_name(job).size(), 15U) << "longer is no name of an interface";
  }
}

TEST(JobNames, AreWhatOtherToolsShow) {
  const JobId job(42);
  EXPECT_EQ(domain_name(job), "workspace-42");
  EXPECT_EQ(namespace_name(job), "ws-42");
  EXPECT_EQ(namespace_file(job), "/run/netns/ws-42");
  EXPECT_EQ(tap_name(job), "ws42");
  EXPECT_EQ(private_tap_name(job), "wsp42");
  EXPECT_EQ(guard_table_name(job), "workspace-42");
  EXPECT_EQ(scratch_file_name(job), "42.scratch");
  EXPECT_EQ(job_folder("/run/workspace", job), "/run/workspace/42");
}

/// Teardown takes what these find for its own, so nothing but our names may be found.
TEST(JobNames, AreFoundInNothingElse) {
  using Parser = std::optional<JobId> (*)(std::string_view);
  struct Kind {
    Parser parse;
    std::string before;
    std::string behind;
  };
  const std::vector<Kind> kinds = {{job_of_domain, "workspace-", ""},
                                   {job_of_namespace, "ws-", ""},
                                   {job_of_tap, "ws", ""},
                                   {job_of_tap, "wsp", ""},
                                   {job_of_scratch_file, "", ".scratch"}};
  for (const auto& kind : kinds) {
    for (const std::string number :
         {"", "0", "042", "4294967296", "-1", "+1", " 1", "1 ", "1x", "x1", "1.0", "0x1"}) {
      const std::string name = kind.before + number + kind.behind;
      EXPECT_EQ(kind.parse(name), std::nullopt) << name;
    }
    EXPECT_EQ(kind.parse(""), std::nullopt);
    EXPECT_EQ(kind.parse("x" + kind.before + "42" + kind.behind), std::nullopt);
    EXPECT_EQ(kind.parse(kind.before + "42" + kind.behind + "x"), std::nullopt);
  }
  EXPECT_EQ(job_of_tap("ws-42"), std::nullopt);
  EXPECT_EQ(job_of_domain("Workspace-42"), std::nullopt);
}

TEST(JobId, RefusesWhatIsNone) {
  for (const std::string bad : {"", "0", "01", "-1", "4294967296", "1_2", "../1"}) {
    testing::expect_error([&] { JobId::parse(bad); }, ErrorKind::kInvalid,
                          ::testing::StrEq("'" + bad + "' is not a job id"));
  }
}

}  // namespace
}  // namespace workspace
