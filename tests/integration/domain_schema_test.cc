// domain_xml against libvirt's own schema, which libvirt itself does not check when it is in a
// hurry.

#include "libworkspace/hypervisor/domain_xml.h"
#include "tests/support/expect_error.h"
#include "tests/support/private_node.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

DomainDescription some_description() {
  DomainDescription description(
      {JobId(42), 1000, "tiny:1", Digest::parse("sha256:" + std::string(64, 'a'))});
  description.vcpus = 2;
  description.memory_mib = 448;
  description.pinned_cpus = {0, 1};
  description.numa_node = 0;
  description.kernel = "/guest/vmlinux";
  description.initrd = "/scratch/42.initrd";
  description.disks = {{"/cache/sha256-aa", true}, {"/scratch/42.scratch", false}};
  description.console_log = "/run/workspace/42/console.log";
  return description;
}

TEST(DomainSchemaTest, LibvirtsSchemaTakesEveryKindOfDomain) {
  const testing::TemporaryFolder folder;
  for (const auto kind : {HypervisorKind::kXen, HypervisorKind::kQemu}) {
    for (const bool hardware : {false, true}) {
      DomainDescription description = some_description();
      // With one NIC here and two there.
      if (hardware) description.private_mac = "52:54:00:78:00:01";
      description.disk_caps.iops = 100;
      if (hardware) description.disk_caps.bytes_per_s = 1 << 20;
      if (hardware) description.pci_devices = {{0, 0x3b, 0, 0}, {0, 0x3b, 0, 1}};
      const DomainHost host = {kind, hardware, QemuUser{64055, 64055}, "/libexec/vif-workspace", 0};
      const std::string file = folder.write("domain.xml", domain_xml(description, host));
      SCOPED_TRACE(std::string(name_of(kind)) + (hardware ? " with" : " without") + " hardware");
      EXPECT_NO_THROW(testing::output_of({"virt-xml-validate", file, "domain"}));
    }
  }
}

}  // namespace
}  // namespace workspace
