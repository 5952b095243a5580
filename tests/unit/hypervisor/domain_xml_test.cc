#include "libworkspace/hypervisor/domain_xml.h"

#include "libworkspace/base/text.h"
#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::AllOf;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;

Digest some_digest() { return Digest::parse("sha256:" + std::string(64, 'a')); }

DomainDescription some_description() {
  DomainDescription description({JobId(42), 1000, "legacy-bullseye:1", some_digest()});
  description.vcpus = 2;
  description.memory_mib = 448;
  description.pinned_cpus = {4, 6};
  description.kernel = "/guest/vmlinux";
  description.initrd = "/run/workspace/42/initrd";
  description.disks = {{"/cache/sha256-aa", true}, {"/scratch/42.scratch", false, true}};
  description.console_log = "/run/workspace/42/console.log";
  return description;
}

DomainHost qemu_host() { return {HypervisorKind::kQemu, false, QemuUser{64055, 108}, "", 2594467}; }
DomainHost xen_host() {
  return {HypervisorKind::kXen, false, std::nullopt, "/libexec/vif-workspace"};
}

constexpr char kQemuXml[] =
    R"(<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>workspace-42</name>
  <metadata>
    <workspace:domain xmlns:workspace="urn:slurm-workspaces:domain" job="42" uid="1000" image="legacy-bullseye:1" digest="sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" />
  </metadata>
  <memory unit="MiB">448</memory>
  <vcpu>2</vcpu>
  <cputune>
    <vcpupin vcpu="0" cpuset="4" />
    <vcpupin vcpu="1" cpuset="6" />
    <emulatorpin cpuset="4,6" />
  </cputune>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <kernel>/guest/vmlinux</kernel>
    <initrd>/run/workspace/42/initrd</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 cryptomgr.notests no_timer_check tsc=reliable pci=noacpi norandmaps mitigations=off init_on_alloc=0 tsc_early_khz=2594467</cmdline>
  </os>
  <features>
    <acpi />
  </features>
  <cpu mode="maximum" check="none">
    <feature policy="disable" name="la57" />
    <feature policy="disable" name="erms" />
  </cpu>
  <clock offset="utc">
    <timer name="hpet" present="no" />
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="writeback" discard="ignore" />
      <source file="/cache/sha256-aa" />
      <target dev="vda" bus="virtio" />
      <readonly />
    </disk>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="unsafe" discard="unmap" />
      <source file="/scratch/42.scratch" />
      <target dev="vdb" bus="virtio" />
    </disk>
    <controller type="usb" model="none" />
    <memballoon model="virtio" />
    <interface type="ethernet">
      <mac address="52:54:00:77:00:02" />
      <target dev="ws42" managed="no" />
      <model type="virtio" />
    </interface>
    <serial type="file">
      <source path="/run/workspace/42/console.log" />
      <target port="0" />
    </serial>
  </devices>
  <seclabel type="static" model="dac" relabel="no">
    <label>+64055:+108</label>
  </seclabel>
  <qemu:capabilities>
    <qemu:del capability="cpu-unavailable-features" />
  </qemu:capabilities>
</domain>
)";

constexpr char kXenXml[] = R"(<domain type="xen">
  <name>workspace-42</name>
  <metadata>
    <workspace:domain xmlns:workspace="urn:slurm-workspaces:domain" job="42" uid="1000" image="legacy-bullseye:1" digest="sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" />
  </metadata>
  <memory unit="MiB">448</memory>
  <vcpu>2</vcpu>
  <cputune>
    <vcpupin vcpu="0" cpuset="4" />
    <vcpupin vcpu="1" cpuset="6" />
  </cputune>
  <os>
    <type arch="x86_64" machine="xenpv">linux</type>
    <kernel>/guest/vmlinux</kernel>
    <initrd>/run/workspace/42/initrd</initrd>
    <cmdline>console=hvc0 quiet panic=-1 cryptomgr.notests</cmdline>
  </os>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>preserve</on_reboot>
  <on_crash>preserve</on_crash>
  <devices>
    <disk type="block" device="disk">
      <driver name="phy" type="raw" discard="ignore" />
      <source dev="/cache/sha256-aa" />
      <target dev="xvda" bus="xen" />
      <readonly />
    </disk>
    <disk type="block" device="disk">
      <driver name="phy" type="raw" discard="unmap" />
      <source dev="/scratch/42.scratch" />
      <target dev="xvdb" bus="xen" />
    </disk>
    <interface type="ethernet">
      <mac address="00:16:3e:77:00:02" />
      <script path="/libexec/vif-workspace" />
    </interface>
    <console type="pty">
      <target type="xen" port="0" />
    </console>
  </devices>
</domain>
)";

TEST(DomainXmlTest, TellsQemuAJobsDomain) {
  EXPECT_EQ(domain_xml(some_description(), qemu_host()), kQemuXml);
}

TEST(DomainXmlTest, TellsXenAJobsDomain) {
  EXPECT_EQ(domain_xml(some_description(), xen_host()), kXenXml);
}

TEST(DomainXmlTest, UsesTheHardwaresVirtualizationWhereItIs) {
  DomainHost qemu = qemu_host();
  qemu.hardware_virtualization = true;
  EXPECT_THAT(
      domain_xml(some_description(), qemu),
      AllOf(HasSubstr("<domain type=\"kvm\" "), HasSubstr("mode=\"host-passthrough\""),
            HasSubstr("<cmdline>console=ttyS0 quiet panic=-1 cryptomgr.notests</cmdline>")));
  DomainHost xen = xen_host();
  xen.hardware_virtualization = true;
  EXPECT_THAT(domain_xml(some_description(), xen),
              HasSubstr("<type arch=\"x86_64\" machine=\"xenpvh\">xenpvh</type>"));
}

TEST(DomainXmlTest, LeavesOutWhatTheHostDoesNotManage) {
  DomainHost host = qemu_host();
  host.qemu_user.reset();
  DomainDescription description = some_description();
  description.pinned_cpus.clear();
  EXPECT_THAT(domain_xml(description, host),
              AllOf(Not(HasSubstr("seclabel")), Not(HasSubstr("cputune"))));
}

TEST(DomainXmlTest, ADiskKeepsTheSpaceThatItDoesNotGiveBack) {
  DomainDescription description = some_description();
  description.disks.back().gives_back = false;
  for (const auto& host : {qemu_host(), xen_host()})
    EXPECT_THAT(domain_xml(description, host), Not(HasSubstr("unmap")));
}

TEST(DomainXmlTest, CapsQemusDisksTogether) {
  DomainDescription description = some_description();
  EXPECT_THAT(domain_xml(description, qemu_host()), Not(HasSubstr("iotune")));
  description.disk_caps.iops = 500;
  const std::string xml = domain_xml(description, qemu_host());
  const std::string tune =
      "      <iotune>\n"
      "        <total_iops_sec>500</total_iops_sec>\n"
      "        <group_name>disks</group_name>\n"
      "      </iotune>\n";
  EXPECT_THAT(xml, HasSubstr("<target dev=\"vda\" bus=\"virtio\" />\n" + tune));
  EXPECT_THAT(xml, HasSubstr("<target dev=\"vdb\" bus=\"virtio\" />\n" + tune));
  description.disk_caps.bytes_per_s = std::uint64_t{200} << 20;
  EXPECT_THAT(domain_xml(description, qemu_host()),
              HasSubstr("<total_bytes_sec>209715200</total_bytes_sec>"));
}

TEST(DomainXmlTest, OnXenDisksWithCapsAreQemus) {
  DomainDescription description = some_description();
  EXPECT_THAT(domain_xml(description, xen_host()),
              AllOf(HasSubstr("<driver name=\"phy\" type=\"raw\""), HasSubstr("<readonly />"),
                    Not(HasSubstr("name=\"qemu\""))));
  description.disk_caps.bytes_per_s = 1 << 20;
  // The bounds are not libvirt's to set; QEMU serves Xen no disk that is read-only.
  EXPECT_THAT(domain_xml(description, xen_host()),
              AllOf(HasSubstr("<driver name=\"qemu\" type=\"qcow2\" discard=\"ignore\" />\n"
                              "      <source dev=\"/cache/"),
                    HasSubstr("<driver name=\"qemu\" type=\"raw\" discard=\"unmap\" />\n"
                              "      <source dev=\"/scratch/"),
                    Not(HasSubstr("readonly")), Not(HasSubstr("phy")), Not(HasSubstr("iotune"))));
}

TEST(DomainXmlTest, EscapesEveryTextThatComesFromOutside) {
  const std::string hostile = "/a'\"<b>&amp;</kernel><!--";
  DomainDescription description = some_description();
  description.owner.image = description.kernel = description.initrd = hostile;
  description.kernel_options = description.console_log = hostile;
  description.disks = {{hostile, true}};
  DomainHost xen = xen_host();
  xen.vif_script = hostile;
  for (const auto& host : {qemu_host(), xen}) {
    const std::string xml = domain_xml(description, host);
    EXPECT_THAT(xml, AllOf(Not(HasSubstr("<b>")), Not(HasSubstr("<!--"))));
    EXPECT_THAT(xml, HasSubstr("<kernel>/a'\"&lt;b&gt;&amp;amp;&lt;/kernel&gt;&lt;!--</kernel>"));
  }
}

TEST(DomainXmlTest, RefusesBytesThatXmlCannotHold) {
  const struct {
    std::string DomainDescription::*field;
    const char* value;
    const char* message;
  } cases[] = {
      {&DomainDescription::kernel, "/a\nb", "the kernel's path '/a\\x0ab' is not plain text"},
      {&DomainDescription::initrd, "/a\x01", "the initrd's path '/a\\x01' is not plain text"},
      {&DomainDescription::console_log, "/\xc3\xa4",
       "the console log's path '/\\xc3\\xa4' is not plain text"},
      {&DomainDescription::kernel_options, "a\tb",
       "the kernel's command line 'console=ttyS0 quiet panic=-1 cryptomgr.notests "
       "no_timer_check tsc=reliable pci=noacpi norandmaps mitigations=off init_on_alloc=0 "
       "tsc_early_khz=2594467 a\\x09b' is not "
       "plain text"},
  };
  for (const auto& c : cases) {
    DomainDescription description = some_description();
    description.*c.field = c.value;
    expect_error([&] { domain_xml(description, qemu_host()); }, ErrorKind::kInvalid, c.message);
  }
}

TEST(DomainXmlTest, RefusesPinsThatDoNotFitTheVcpus) {
  DomainDescription description = some_description();
  description.pinned_cpus = {4};
  expect_error([&] { domain_xml(description, qemu_host()); }, ErrorKind::kInvalid,
               "the domain's vCPUs and their pinned CPUs differ in number");
}

TEST(DomainXmlTest, PrefersTheMemoryOfTheJobsNumaNode) {
  DomainDescription description = some_description();
  description.numa_node = 1;
  EXPECT_THAT(domain_xml(description, qemu_host()), HasSubstr(R"(  <numatune>
    <memory mode="preferred" nodeset="1" />
  </numatune>
)"));
  EXPECT_THAT(domain_xml(description, xen_host()), Not(HasSubstr("numatune")));
}

TEST(DomainXmlTest, GivesTheGuestTheMachinesDevices) {
  DomainDescription description = some_description();
  description.pci_devices = {{0, 0x3b, 0x1f, 7}, {1, 0, 2, 0}};
  EXPECT_THAT(domain_xml(description, qemu_host()),
              HasSubstr(R"(    <hostdev mode="subsystem" type="pci" managed="yes">
      <driver name="vfio" />
      <source>
        <address domain="0" bus="59" slot="31" function="7" />
      </source>
    </hostdev>
    <hostdev mode="subsystem" type="pci" managed="yes">
      <driver name="vfio" />
      <source>
        <address domain="1" bus="0" slot="2" function="0" />
      </source>
    </hostdev>
)"));
  DomainHost xen = xen_host();
  xen.hardware_virtualization = true;
  const std::string text = domain_xml(description, xen);
  EXPECT_THAT(text, HasSubstr(R"(<driver name="xen" />)"));
  EXPECT_THAT(text, HasSubstr(R"(<type arch="x86_64" machine="xenpv">linux</type>)"));
  EXPECT_THAT(domain_xml(some_description(), xen), HasSubstr("xenpvh"));
  EXPECT_THAT(domain_xml(some_description(), xen), Not(HasSubstr("hostdev")));
}

TEST(DomainXmlTest, DisksAreNamedAsTheGuestSeesThem) {
  EXPECT_EQ(disk_device(HypervisorKind::kQemu, 0), "vda");
  EXPECT_EQ(disk_device(HypervisorKind::kXen, 1), "xvdb");
}

std::string metadata(const std::string& attributes) {
  return "<domain xmlns='urn:slurm-workspaces:domain' " + attributes + "/>";
}

TEST(OwnerInMetadataTest, ReadsTheOwner) {
  const DomainOwner owner{JobId(42), 1000, "tiny:1", some_digest()};
  EXPECT_EQ(owner_in_metadata(metadata("job='42' uid='1000' image='tiny:1' digest='" +
                                       some_digest().to_string() + "'")),
            owner);
}

TEST(OwnerInMetadataTest, GivesNothingForWhatItCannotRead) {
  const std::string digest = "digest='" + some_digest().to_string() + "'";
  const std::string cases[] = {
      "",
      "<",
      "job 42",
      metadata("uid='1000' image='a:1' " + digest),
      metadata("job='0' uid='1000' image='a:1' " + digest),
      metadata("job='42' image='a:1' " + digest),
      metadata("job='42' uid='-1' image='a:1' " + digest),
      metadata("job='42' uid='4294967296' image='a:1' " + digest),
      metadata("job='42' uid='1000' image='a:1' digest='sha256:abc'"),
      metadata("job='42' uid='1000' image='a:1'"),
  };
  for (const auto& text : cases) EXPECT_EQ(owner_in_metadata(text), std::nullopt) << text;
}

TEST(DomainXmlTest, AJobOfSeveralNodesHasASecondNic) {
  DomainDescription description = some_description();
  description.private_mac = "52:54:00:78:00:01";
  EXPECT_THAT(domain_xml(description, qemu_host()), HasSubstr(R"(    <interface type="ethernet">
      <mac address="52:54:00:77:00:02" />
      <target dev="ws42" managed="no" />
      <model type="virtio" />
    </interface>
    <interface type="ethernet">
      <mac address="52:54:00:78:00:01" />
      <target dev="wsp42" managed="no" />
      <model type="virtio" />
    </interface>
)"));
  description.private_mac = "00:16:3e:78:00:01";
  EXPECT_THAT(domain_xml(description, xen_host()), HasSubstr(R"(    <interface type="ethernet">
      <mac address="00:16:3e:77:00:02" />
      <script path="/libexec/vif-workspace" />
    </interface>
    <interface type="ethernet">
      <mac address="00:16:3e:78:00:01" />
      <script path="/libexec/vif-workspace" />
    </interface>
)"));
}

}  // namespace
}  // namespace workspace
