#include "libworkspace/lifecycle/job_ssh_keys.h"

#include <sys/stat.h>

#include "libworkspace/base/process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

const std::string kSecret(64, 'a');

TEST(JobSshKeys, AreTheSameOnEachNodeAndOfNoOtherJob) {
  const auto keys = make_job_ssh_keys(JobId(42), kSecret);
  ASSERT_TRUE(keys);
  EXPECT_EQ(make_job_ssh_keys(JobId(42), kSecret), keys);
  EXPECT_NE(keys->user_private, keys->host_private);
  EXPECT_NE(make_job_ssh_keys(JobId(43), kSecret)->user_private, keys->user_private);
  EXPECT_NE(make_job_ssh_keys(JobId(42), std::string(64, 'b'))->user_private, keys->user_private);
  EXPECT_FALSE(make_job_ssh_keys(JobId(42), ""));
}

/// OpenSSH is the judge of the form.
TEST(JobSshKeys, AreReadByOpenSsh) {
  const testing::TemporaryFolder folder;
  for (const std::uint32_t job : {1U, 42U, 1000000U, 67108863U}) {
    const auto keys = make_job_ssh_keys(JobId(job), kSecret);
    const std::string file = folder.write("id_ed25519", keys->user_private);
    ::chmod(file.c_str(), 0600);
    Command command;
    command.argv = {"ssh-keygen", "-y", "-f", file};
    EXPECT_EQ(check_command(command, Deadline::in(std::chrono::seconds(20))),
              keys->user_public + " workspace job " + std::to_string(job) + " user\n");
  }
}

}  // namespace
}  // namespace workspace
