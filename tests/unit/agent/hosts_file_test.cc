#include "guest/hosts_file.h"

#include <gtest/gtest.h>

namespace workspace::agent {
namespace {

TEST(HostsFile, NamesTheJobsNodes) {
  GuestConfig config{JobId(42)};
  config.hostname = "node2";
  config.hosts = {{"node1", "10.200.0.1"}, {"node2", "10.200.0.2"}};
  EXPECT_EQ(hosts_text(config),
            "127.0.0.1 localhost\n::1 localhost\n10.200.0.1 node1\n10.200.0.2 node2\n");
}

TEST(HostsFile, AHostAloneFindsItself) {
  GuestConfig config{JobId(42)};
  config.hostname = "node1";
  EXPECT_EQ(hosts_text(config), "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 node1\n");
}

}  // namespace
}  // namespace workspace::agent
