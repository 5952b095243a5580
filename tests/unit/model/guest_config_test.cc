#include "libworkspace/model/guest_config.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

GuestConfig full_config() {
  GuestConfig config{JobId(42)};
  config.hostname = "node1";
  config.token = std::string(64, 'f');
  config.control_mac = "52:54:00:77:00:02";
  config.guest_address = "169.254.77.2";
  config.port = 7777;
  config.root_device = "vda";
  config.root_format = RootFormat::kExt4;
  config.scratch_device = "vdb";
  config.user_name = "user1";
  config.uid = 1000;
  config.gid = 1001;
  config.home = "/home/user one";
  config.shell = "/bin/sh";
  config.groups = {{"user1", 1001}, {"legacy", 2000}};
  config.root_inside = true;
  config.own_init = true;
  config.mounts_folders = true;
  config.task_rules = {
      "tiny:1", {{"LANG", "C"}, {"OPTS", "a=b, c"}}, {"PATH", "TZ"}, "/data", "/opt"};
  config.private_nic = {"52:54:00:78:00:00", "10.200.0.1", 16, 1450};
  config.hosts = {{"node1", "10.200.0.1"}, {"node2", "10.200.0.2"}};
  config.ssh_keys = {"-----BEGIN\nA\n", "ssh-ed25519 A", "-----BEGIN\nB\n", "ssh-ed25519 B"};
  return config;
}

TEST(GuestConfig, GoesBothWays) {
  const std::string text = full_config().to_lines();
  const auto config = GuestConfig::parse(text);
  EXPECT_EQ(config.to_lines(), text);
  EXPECT_EQ(config.home, "/home/user one");
  EXPECT_EQ(config.prefix_length, 30U);
  EXPECT_EQ(config.root_format, RootFormat::kExt4);
  EXPECT_EQ(config.groups, full_config().groups);
  EXPECT_TRUE(config.root_inside);
  EXPECT_TRUE(config.own_init);
  EXPECT_TRUE(config.mounts_folders);
  EXPECT_EQ(config.task_rules, full_config().task_rules);
  EXPECT_EQ(config.private_nic, full_config().private_nic);
  EXPECT_EQ(config.hosts, full_config().hosts);
  EXPECT_EQ(config.ssh_keys, full_config().ssh_keys);

  auto alone = full_config();
  alone.groups.clear();
  alone.private_nic.reset();
  alone.hosts.clear();
  alone.ssh_keys.reset();
  alone.own_init = false;
  alone.mounts_folders = false;
  const auto parsed = GuestConfig::parse(alone.to_lines());
  EXPECT_TRUE(parsed.groups.empty());
  EXPECT_FALSE(parsed.private_nic);
  EXPECT_TRUE(parsed.hosts.empty());
  EXPECT_FALSE(parsed.ssh_keys);
  EXPECT_FALSE(parsed.own_init);
  EXPECT_FALSE(parsed.mounts_folders);
}

TEST(GuestConfig, RefusesADamagedOne) {
  const std::string good = full_config().to_lines();
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  struct Case {
    std::string text;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "field 'version' is missing"},
      {replaced("version=1", "version=9"), "its version is not 1"},
      {replaced("prefix_length=30", "prefix_length=33"),
       "field 'prefix_length' is '33', not a whole number up to 32"},
      {replaced("root_format=ext4", "root_format=qcow2"),
       "'qcow2' is not a format of a root file system; expected squashfs or ext4"},
      {replaced("legacy:2000", "legacy"), "'legacy' is not GROUP:GID"},
      {replaced("legacy:2000", ":2000"), "':2000' is not GROUP:GID"},
      {replaced("legacy:2000", "legacy:-1"), "'legacy:-1' is not GROUP:GID"},
      {replaced("node2:10.200.0.2", "node2"), "'node2' is not NAME:ADDRESS"},
      {replaced("node2:10.200.0.2", ":10.200.0.2"), "':10.200.0.2' is not NAME:ADDRESS"},
      {replaced("node2:10.200.0.2", "node2:"), "'node2:' is not NAME:ADDRESS"},
      {replaced("private_mtu=1450", "private_mtu=65536"),
       "field 'private_mtu' is '65536', not a whole number up to 65535"},
      {replaced("private_address=10.200.0.1\n", ""), "field 'private_mac' is not known"},
      {good + "more=1\n", "field 'more' is not known"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reason);
    expect_error([&] { GuestConfig::parse(c.text); }, ErrorKind::kInvalid,
                 StrEq(std::string("the guest's configuration is malformed: ") + c.reason));
  }
}

}  // namespace
}  // namespace workspace
