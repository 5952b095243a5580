#include "guest/ssh_access.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

GuestConfig some_config() {
  GuestConfig config{JobId(42)};
  config.user_name = "user1";
  config.private_nic = {"52:54:00:78:00:00", "10.200.0.1", 16, 1450};
  config.ssh_keys = {"private", "ssh-ed25519 AAAAuser", "private", "ssh-ed25519 AAAAhost"};
  return config;
}

TEST(SshAccess, LetsInTheJobsUserByTheJobsKeyAlone) {
  EXPECT_EQ(sshd_config_text(some_config()),
            R"(HostKey /run/workspace-ssh/host_key
AuthorizedKeysFile /run/workspace-ssh/authorized_keys
AllowUsers user1
PasswordAuthentication no
ChallengeResponseAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
PidFile none
Subsystem sftp internal-sftp
)");
  EXPECT_EQ(authorized_keys_text(some_config()), "ssh-ed25519 AAAAuser\n");
  EXPECT_EQ(known_hosts_text(some_config()), "workspace ssh-ed25519 AAAAhost\n");
}

TEST(SshAccess, LetsInRootWhereTheJobIsRoot) {
  GuestConfig config = some_config();
  config.root_inside = true;
  const std::string text = sshd_config_text(config);
  EXPECT_NE(text.find("\nAllowUsers root\nPermitRootLogin without-password\n"), std::string::npos);
  EXPECT_EQ(text.find("user1"), std::string::npos);
}

/// The first value that ssh finds for a keyword is the one it takes, and what the image says for
/// all hosts must not end up in the part before.
TEST(SshAccess, StandsInFrontOfTheImagesConfiguration) {
  const std::string text = ssh_config_text(some_config(), "HashKnownHosts yes\n");
  EXPECT_TRUE(text.ends_with("\nHost *\nHashKnownHosts yes\n"));
  EXPECT_NE(text.find("    IdentityFile /run/workspace-ssh/id_ed25519\n"), std::string::npos);
  EXPECT_NE(text.find("    StrictHostKeyChecking yes\n"), std::string::npos);
  EXPECT_NE(text.find("    Port 22\n"), std::string::npos);
}

TEST(SshAccess, LeavesThePortToAnSshdOfTheImagesInit) {
  GuestConfig config = some_config();
  config.own_init = true;
  EXPECT_NE(ssh_config_text(config, "").find("    Port 7722\n"), std::string::npos);
}

TEST(SshAccess, IsOfNoEffectInAJobOfOneNode) {
  EXPECT_EQ(SshAccess(GuestConfig{JobId(42)}).fd(), -1);
}

}  // namespace
}  // namespace workspace::agent
