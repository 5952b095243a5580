#include "libworkspace/catalog/site_config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libworkspace/base/fd.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StartsWith;
using testing::TemporaryFolder;

TEST(SiteConfigFile, ReadsEveryKey) {
  const SiteConfig config = parse_site_config(
      "hypervisor: qemu:///system\n"
      "acceleration: tcg\n"
      "store: /s/\n"
      "cache: /c\n"
      "cache_max: 3G\n"
      "prefer_cached: true\n"
      "scratch: /x\n"
      "kernel: /k\n"
      "initrd: /i\n"
      "memory_overhead: 1G\n"
      "disk_default: 3G\n"
      "disk_max: 1T\n"
      "disk_reserve: false\n"
      "caps: {disk_iops: 100, qos: {fast: {disk_iops: none}}}\n"
      "save_max: 10G\n"
      "user_saves_max: 3\n"
      "user_saves_size_max: 1T\n"
      "save_timeout: 3m\n"
      "boot_timeout: 2m\n"
      "shutdown_timeout: 500ms\n"
      "pin_vcpus: false\n"
      "private_network: none\n"
      "private_network_subnet: 172.16.0.0/20\n"
      "private_network_port: 4789\n"
      "mounts: ['/sw:/opt/sw:ro', /data]\n"
      "host_commands: [squeue, sinfo]\n"
      "slurm_bin: /opt/slurm/bin\n"
      "require_approval: false\n"
      "keys: /k/keys\n"
      "catalogs: /k/catalogs\n"
      "catalog_keys: /k/catalog-keys\n"
      "access: {\"course-*\": {allow: {accounts: [a]}}, \"*\": {deny: {users: [eve]}}}\n"
      "audit_log: /l/audit\n"
      "reports: /r\n"
      "reports_max: 7\n"
      "metrics: /m\n"
      "report_program: /p\n"
      "digest_shown_in: comment\n"
      "kernel_options: \"quiet loglevel=3\"\n",
      "f");
  EXPECT_EQ(config.hypervisor, "qemu:///system");
  EXPECT_EQ(config.acceleration, Acceleration::kTcg);
  EXPECT_EQ(config.store, "/s");
  EXPECT_EQ(config.cache, "/c");
  EXPECT_EQ(config.cache_max_mib, 3072U);
  EXPECT_TRUE(config.prefer_cached);
  EXPECT_EQ(config.scratch, "/x");
  EXPECT_EQ(config.kernel, "/k");
  EXPECT_EQ(config.initrd, "/i");
  EXPECT_EQ(config.memory_overhead_mib, 1024);
  EXPECT_EQ(config.disk_default_mib, 3072);
  EXPECT_EQ(config.disk_max_mib, 1 << 20);
  EXPECT_FALSE(config.disk_reserve);
  EXPECT_EQ(config.caps.all.disk_iops, 100U);
  EXPECT_EQ(config.caps.of("", "fast").disk_iops, RateCaps::kNone);
  EXPECT_EQ(config.save_max_mib, 10240U);
  EXPECT_EQ(config.user_saves_max, 3U);
  EXPECT_EQ(config.user_saves_size_max_mib, 1U << 20U);
  EXPECT_EQ(config.save_timeout, std::chrono::minutes(3));
  EXPECT_EQ(config.boot_timeout, std::chrono::minutes(2));
  EXPECT_EQ(config.shutdown_timeout, std::chrono::milliseconds(500));
  EXPECT_FALSE(config.pin_vcpus);
  EXPECT_FALSE(config.private_network);
  EXPECT_EQ(config.private_network_subnet.address(0), "172.16.0.1");
  EXPECT_EQ(config.private_network_subnet.prefix_length(), 20U);
  EXPECT_EQ(config.private_network_port, 4789);
  EXPECT_EQ(format_mounts(config.mounts), "/sw:/opt/sw:ro,/data:/data:rw");
  EXPECT_EQ(config.host_commands.to_string(), "squeue,sinfo");
  EXPECT_EQ(config.slurm_bin, "/opt/slurm/bin");
  EXPECT_FALSE(config.require_approval);
  EXPECT_EQ(config.keys, "/k/keys");
  EXPECT_EQ(config.catalogs, "/k/catalogs");
  EXPECT_EQ(config.catalog_keys, "/k/catalog-keys");
  ASSERT_EQ(config.access.size(), 2U);
  EXPECT_EQ(config.access[0].images, "course-*");
  EXPECT_EQ(describe(config.access[0].rules), "accounts a");
  EXPECT_EQ(config.access[1].images, "*");
  EXPECT_EQ(describe(config.access[1].rules), "everybody; not users eve");
  EXPECT_EQ(config.audit_log, "/l/audit");
  EXPECT_EQ(config.reports, "/r");
  EXPECT_EQ(config.reports_max, 7U);
  EXPECT_EQ(config.metrics, "/m");
  EXPECT_EQ(config.digest_shown_in, DigestPlace::kComment);
  EXPECT_EQ(config.report_program, "/p");
  EXPECT_EQ(config.kernel_options, "quiet loglevel=3");
}

TEST(SiteConfigFile, DevicesAreNamedByTheirPciAddresses) {
  const auto config = parse_site_config(
      "devices: {gpu: [0000:3b:00.0+0000:3b:00.1, 0000:86:00.0], nic: []}\n", "f");
  ASSERT_EQ(config.devices.size(), 2U);
  EXPECT_EQ(config.devices[0].gres, "gpu");
  ASSERT_EQ(config.devices[0].devices.size(), 2U);
  EXPECT_EQ(config.devices[0].devices[0],
            (std::vector<PciAddress>{{0, 0x3b, 0, 0}, {0, 0x3b, 0, 1}}));
  EXPECT_EQ(config.devices[0].devices[1], (std::vector<PciAddress>{{0, 0x86, 0, 0}}));
  EXPECT_TRUE(config.devices[1].devices.empty());
}

TEST(SiteConfigFile, HostCommandsAreAllNoneOrAList) {
  const auto commands = [](const std::string& value) {
    return parse_site_config("host_commands: " + value + "\n", "f").host_commands.to_string();
  };
  EXPECT_EQ(parse_site_config("", "f").host_commands, HostCommands::all());
  EXPECT_EQ(commands("all"), "all");
  EXPECT_EQ(commands("none"), "none");
  EXPECT_EQ(commands("[]"), "none");
  EXPECT_EQ(commands("squeue"), "squeue");
  expect_error([&] { commands("[squeue, sruns]"); }, ErrorKind::kInvalid,
               ::testing::StrEq("f:1: 'sruns' is no command that can be used inside; did you mean "
                                "'srun'?"));
}

TEST(SiteConfigFile, KeysThatAreLeftOutHaveTheirDefaults) {
  const SiteConfig config = parse_site_config("", "f");
  const SiteConfig defaults;
  EXPECT_EQ(config.hypervisor, defaults.hypervisor);
  EXPECT_EQ(config.store, defaults.store);
  EXPECT_EQ(config.disk_max_mib, defaults.disk_max_mib);
  EXPECT_EQ(config.boot_timeout, defaults.boot_timeout);
  EXPECT_TRUE(config.pin_vcpus);
}

/// The example promises to show each key with its default.
TEST(SiteConfigFile, TheExampleStatesTheDefaults) {
  const SiteConfig defaults;
  const std::string text =
      read_file(std::string(testing::kSourceDir).append("/examples/workspace.yaml"), 65536);
  const SiteConfig config = parse_site_config(text, "workspace.yaml");
  EXPECT_EQ(config.hypervisor, defaults.hypervisor);
  EXPECT_EQ(config.acceleration, defaults.acceleration);
  EXPECT_EQ(config.store, defaults.store);
  EXPECT_EQ(config.cache, defaults.cache);
  EXPECT_EQ(config.cache_max_mib, 0U);
  EXPECT_EQ(config.prefer_cached, defaults.prefer_cached);
  EXPECT_EQ(config.scratch, defaults.scratch);
  EXPECT_EQ(config.kernel, defaults.kernel);
  EXPECT_EQ(config.initrd, defaults.initrd);
  EXPECT_EQ(config.kernel_options, defaults.kernel_options);
  EXPECT_EQ(config.memory_overhead_mib, defaults.memory_overhead_mib);
  EXPECT_EQ(config.disk_default_mib, defaults.disk_default_mib);
  EXPECT_EQ(config.disk_max_mib, defaults.disk_max_mib);
  EXPECT_EQ(config.disk_reserve, defaults.disk_reserve);
  EXPECT_EQ(config.caps.all, defaults.caps.all);
  EXPECT_EQ(config.save_max_mib, defaults.save_max_mib);
  EXPECT_EQ(config.user_saves_max, defaults.user_saves_max);
  EXPECT_EQ(config.user_saves_size_max_mib, defaults.user_saves_size_max_mib);
  EXPECT_EQ(config.save_timeout, defaults.save_timeout);
  EXPECT_EQ(config.boot_timeout, defaults.boot_timeout);
  EXPECT_EQ(config.shutdown_timeout, defaults.shutdown_timeout);
  EXPECT_EQ(config.pin_vcpus, defaults.pin_vcpus);
  EXPECT_EQ(config.private_network, defaults.private_network);
  EXPECT_EQ(config.private_network_subnet.address(0), defaults.private_network_subnet.address(0));
  EXPECT_EQ(config.private_network_subnet.prefix_length(),
            defaults.private_network_subnet.prefix_length());
  EXPECT_EQ(config.private_network_port, defaults.private_network_port);
  EXPECT_EQ(config.require_approval, defaults.require_approval);
  EXPECT_EQ(config.keys, defaults.keys);
  EXPECT_EQ(config.catalogs, defaults.catalogs);
  EXPECT_EQ(config.catalog_keys, defaults.catalog_keys);
  EXPECT_TRUE(config.access.empty());
  EXPECT_EQ(config.audit_log, defaults.audit_log);
  EXPECT_EQ(config.reports, defaults.reports);
  EXPECT_EQ(config.reports_max, defaults.reports_max);
  EXPECT_EQ(config.digest_shown_in, defaults.digest_shown_in);
}

TEST(SiteConfigFile, RefusesWithPlaceAndReason) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const auto& [text, message] : {
           Case{"storage: /s\n", "f:1: unknown key 'storage'"},
           Case{"store: /s\nboot_timout: 1s\n",
                "f:2: unknown key 'boot_timout'; did you mean 'boot_timeout'?"},
           Case{"store: s\n", "f:1: store 's' is not an absolute path"},
           Case{"store: /a/../b\n", "f:1: store '/a/../b' has an empty, '.' or '..' part"},
           Case{"hypervisor: xen://elsewhere/system\n",
                "f:1: hypervisor 'xen://elsewhere/system' is not known; there are xen:///system "
                "and qemu:///system"},
           Case{"acceleration: fast\n",
                "f:1: acceleration 'fast' is not known; there are auto, kvm, tcg"},
           Case{"memory_overhead: much\n", "f:1: memory_overhead 'much' is not a size"},
           Case{"boot_timeout: 0s\n", "f:1: boot_timeout must be longer than 0"},
           Case{"boot_timeout: 2 days\n", "f:1: boot_timeout '2 days' has an unknown unit"},
           Case{"pin_vcpus: yes\n", "f:1: pin_vcpus 'yes' is neither true nor false"},
           Case{"require_approval: yes\n", "f:1: require_approval 'yes' is neither true nor false"},
           Case{"keys: keys\n", "f:1: keys 'keys' is not an absolute path"},
           Case{"reports_max: many\n",
                "f:1: reports_max 'many' is not a whole number up to 1000000"},
           Case{"user_saves_max: -1\n",
                "f:1: user_saves_max '-1' is not a whole number up to 1000000"},
           Case{"user_saves_size_max: all\n", "f:1: user_saves_size_max 'all' is not a size"},
           Case{"audit_log: none\n", "f:1: audit_log 'none' is not an absolute path"},
           Case{"digest_shown_in: here\n",
                "f:1: 'here' is no place for the digest; there are admin_comment, comment, none"},
           Case{"report_program: mail\n", "f:1: report_program 'mail' is not an absolute path"},
           Case{"devices: {gpu: [3b:00.0]}\n",
                "f:1: '3b:00.0' is no PCI address such as 0000:3b:00.0"},
           Case{"devices: {gpu: 0000:3b:00.0}\n", "f:1: key 'gpu' takes a list, such as [a, b]"},
           Case{"devices: {\"gpu:a\": [0000:3b:00.0]}\n",
                "f:1: 'gpu:a' is no name of generic resources"},
           Case{"devices: {a: [0000:3b:00.0], b: [0000:3b:00.0+0000:3b:00.1]}\n",
                "f:1: 0000:3b:00.0 is there twice"},
           Case{"metrics: here\n", "f:1: metrics 'here' is not an absolute path"},
           Case{"access: {allow: {users: [a]}}\n", "f:1: unknown key 'users'"},
           Case{"access: {\"A*\": {}}\n", "f:1: 'A*' is not a pattern of image names"},
           Case{"access: {\"*\": {alow: {}}}\n", "f:1: unknown key 'alow'; did you mean 'allow'?"},
           Case{"access:\n  \"*\":\n    deny: {group: [a]}\n",
                "f:3: unknown key 'group'; did you mean 'groups'?"},
           Case{"access: {\"*\": {deny: {users: eve}}}\n",
                "f:1: key 'users' takes a list, such as [a, b]"},
           Case{"access: {\"*\": {deny: {users: [\"a,b\"]}}}\n", "f:1: 'a,b' is not a name"},
           Case{"private_network: vlan\n",
                "f:1: private_network 'vlan' is not known; there are auto, none"},
           Case{"private_network_subnet: 10.0.0.1/8\n",
                "f:1: private_network_subnet: '10.0.0.1/8' has bits set behind its prefix"},
           Case{"private_network_port: 80\n",
                "f:1: private_network_port '80' is not a port from 1024 to 65280"},
           Case{"private_network_port: 65281\n",
                "f:1: private_network_port '65281' is not a port from 1024 to 65280"},
           Case{"mounts: [sw]\n", "f:1: mount source 'sw' is not an absolute path"},
           Case{"mounts: [/sw, /sw:/usr]\n", "f:1: nothing may be mounted at '/usr'"},
           Case{"mounts: [/proc:/x]\n", "f:1: '/proc' of the node may not be mounted"},
           Case{"mounts: [/a:/x, /b:/x]\n", "f:1: two mounts have the destination '/x'"},
           Case{"kernel_options: \"a\\nb\"\n", "f:1: kernel_options must be one line"},
           Case{"disk_reserve: some\n", "f:1: disk_reserve 'some' is neither true nor false"},
           Case{"caps: {qos: {fast: {disk_iops: fast}}}\n",
                "f:1: disk_iops 'fast' is not a whole number up to 1000000000"},
           Case{"disk_max: 1G\n", "f:1: disk_default (2G) is larger than disk_max (1G)"},
       }) {
    SCOPED_TRACE(text);
    expect_error([&] { parse_site_config(text, "f"); }, ErrorKind::kInvalid, StartsWith(message));
  }
}

/// Whatever is wrong with the site's own file is no fault of the job that meets it.
TEST(SiteConfigFile, EveryFaultOfTheFileIsTheHosts) {
  const TemporaryFolder folder;
  const std::string about = "the site configuration cannot be used: ";
  const std::string path = folder.file("workspace.yaml");
  const auto expect_refused = [&](const std::string& reason) {
    expect_error([&] { read_site_config(path); }, ErrorKind::kHost, about + reason);
  };
  expect_refused(path + " does not exist");
  folder.write("workspace.yaml", "store: /s\npin_vcpu: true\n");
  expect_refused(path + ":2: unknown key 'pin_vcpu'; did you mean 'pin_vcpus'?");
  folder.write("workspace.yaml", "store: /s\n");
  ::chmod(path.c_str(), 0666);
  expect_refused(path + " is not trusted: others than its owner can write it; chmod go-w " + path);
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(read_site_config(path).store, "/s");
  ASSERT_EQ(::rename(path.c_str(), folder.file("real.yaml").c_str()), 0);
  ASSERT_EQ(::symlink("real.yaml", path.c_str()), 0);
  expect_refused(path + " is not trusted: it is a link");
}

}  // namespace
}  // namespace workspace
