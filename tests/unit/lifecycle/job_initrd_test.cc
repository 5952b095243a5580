#include "libworkspace/lifecycle/job_initrd.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "libworkspace/base/process.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

class JobInitrdTest : public ::testing::Test {
 protected:
  std::string read(const std::string& name) const {
    std::stringstream bytes;
    bytes << std::ifstream(folder_ + "/" + name, std::ios::binary).rdbuf();
    return bytes.str();
  }

  testing::TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
};

TEST_F(JobInitrdTest, IsAnArchiveThatCpioReads) {
  std::ofstream(folder_ + "/a.cpio", std::ios::binary)
      << cpio_archive("workspace/job.conf", "token=secret\n", 0600);
  Command list;
  list.argv = {"cpio", "--list", "--verbose", "--numeric-uid-gid", "--file", folder_ + "/a.cpio"};
  const std::string listing = check_command(list, Deadline::in(std::chrono::seconds(20)));
  EXPECT_NE(listing.find("drwxr-xr-x"), std::string::npos) << listing;
  EXPECT_NE(listing.find("-rw-------"), std::string::npos) << listing;
  EXPECT_NE(listing.find("workspace/job.conf"), std::string::npos) << listing;
  Command extract;
  extract.argv = {"cpio",   "--extract",         "--to-stdout",
                  "--file", folder_ + "/a.cpio", "workspace/job.conf"};
  EXPECT_EQ(check_command(extract, Deadline::in(std::chrono::seconds(20))), "token=secret\n");
}

TEST_F(JobInitrdTest, StartsOnAMultipleOfFourBehindTheSitesArchive) {
  GuestConfig config{JobId(42)};
  config.token = std::string(64, 'b');
  for (const std::size_t size : {0U, 1U, 2U, 3U, 4U, 70001U}) {
    const std::string site(size, 'x');
    std::ofstream(folder_ + "/site", std::ios::binary) << site;
    write_job_initrd(folder_ + "/site", config, folder_ + "/job");
    const std::string job = read("job");
    const std::size_t begin = (size + 3) / 4 * 4;
    ASSERT_GT(job.size(), begin);
    EXPECT_EQ(job.substr(0, size), site);
    EXPECT_EQ(job.substr(begin, 6), "070701") << "behind " << size << " bytes";
    struct stat info {};
    ASSERT_EQ(::stat((folder_ + "/job").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << "the token is in it";
  }
}

TEST_F(JobInitrdTest, IsRemovedTwice) {
  std::ofstream(job_initrd_path(folder_, JobId(7))) << "x";
  remove_job_initrd(folder_, JobId(7));
  remove_job_initrd(folder_, JobId(7));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace workspace
