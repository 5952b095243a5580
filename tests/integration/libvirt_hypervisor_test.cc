// The libvirt class against libvirt's own test driver, which takes real calls and Xen's XML.

#include "libworkspace/hypervisor/libvirt_hypervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libworkspace/base/fd.h"
#include "libworkspace/hypervisor/libvirt_handles.h"
#include "libworkspace/lifecycle/node_config.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::AllOf;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing::TemporaryFolder;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

std::unique_ptr<Hypervisor> test_hypervisor(HypervisorKind kind = HypervisorKind::kXen) {
  return connect_hypervisor("test:///default", kind, Acceleration::kTcg, soon());
}

DomainDescription some_description(std::uint32_t job) {
  DomainDescription description(
      {JobId(job), 1000, "tiny:1", Digest::parse("sha256:" + std::string(64, 'a'))});
  description.memory_mib = 64;
  description.kernel = "/vmlinux";
  description.initrd = "/initrd";
  description.console_log = "/nowhere/console.log";
  return description;
}

TEST(LibvirtHypervisorTest, ADomainCarriesItsOwnerAndEndsForGood) {
  const auto hypervisor = test_hypervisor();
  EXPECT_EQ(hypervisor->kind(), HypervisorKind::kXen);
  EXPECT_THAT(hypervisor->list(soon()), IsEmpty());  // the driver's own domain is not a job's
  EXPECT_FALSE(hypervisor->is_running(JobId(42), soon()));

  hypervisor->create(some_description(42), soon());
  hypervisor->create(some_description(43), soon());
  EXPECT_TRUE(hypervisor->is_running(JobId(42), soon()));
  const auto domains = hypervisor->list(soon());
  ASSERT_EQ(domains.size(), 2U);
  for (const auto& domain : domains) {
    EXPECT_EQ(domain.state, DomainState::kRunning);
    EXPECT_EQ(domain.owner, some_description(domain.job.number()).owner);
  }

  hypervisor->destroy(JobId(42), soon());
  hypervisor->destroy(JobId(42), soon());  // already gone
  EXPECT_FALSE(hypervisor->is_running(JobId(42), soon()));
  EXPECT_TRUE(hypervisor->is_running(JobId(43), soon()));
  EXPECT_EQ(hypervisor->console_tail(JobId(42), 100, soon()), "");
}

/// In KiB; the test driver keeps its domains for all connections of a process.
unsigned long long hard_limit_of(const std::string& name) {
  const Connection connection(virConnectOpen("test:///default"), virConnectClose);
  const DomainHandle domain(virDomainLookupByName(connection.get(), name.c_str()));
  virTypedParameter parameters[8];
  int count = 8;
  EXPECT_EQ(virDomainGetMemoryParameters(domain.get(), parameters, &count, 0), 0);
  unsigned long long limit = 0;
  virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_MEMORY_HARD_LIMIT, &limit);
  return limit;
}

TEST(LibvirtHypervisorTest, ADomainIsPausedAndContinues) {
  const auto hypervisor = test_hypervisor();
  hypervisor->create(some_description(42), soon());
  for (int i = 0; i < 2; ++i) {
    hypervisor->suspend(JobId(42), soon());
    EXPECT_EQ(hypervisor->list(soon()).at(0).state, DomainState::kPaused);
  }
  EXPECT_TRUE(hypervisor->is_running(JobId(42), soon()));  // its tasks may go on
  for (int i = 0; i < 2; ++i) {
    hypervisor->resume(JobId(42), soon());
    EXPECT_EQ(hypervisor->list(soon()).at(0).state, DomainState::kRunning);
  }
  hypervisor->suspend(JobId(42), soon());
  hypervisor->destroy(JobId(42), soon());  // paused or not
  EXPECT_FALSE(hypervisor->is_running(JobId(42), soon()));
  hypervisor->suspend(JobId(42), soon());  // already gone
  hypervisor->resume(JobId(42), soon());
}

TEST(LibvirtHypervisorTest, QemusProcessIsBoundedWhereTheGuestIsNotEmulated) {
  DomainDescription description = some_description(42);
  description.process_memory_mib = 128;
  for (const auto acceleration : {Acceleration::kKvm, Acceleration::kTcg}) {
    const auto hypervisor =
        connect_hypervisor("test:///default", HypervisorKind::kQemu, acceleration, soon());
    hypervisor->create(description, soon());
    if (acceleration == Acceleration::kKvm) {
      EXPECT_EQ(hard_limit_of("workspace-42"), 128U * 1024);
    } else {
      EXPECT_EQ(hard_limit_of("workspace-42"), VIR_DOMAIN_MEMORY_PARAM_UNLIMITED);
    }
    hypervisor->destroy(JobId(42), soon());
  }
}

TEST(LibvirtHypervisorTest, ADomainsMemoryIsSet) {
  const auto hypervisor = test_hypervisor();
  hypervisor->create(some_description(42), soon());
  const std::uint64_t before = hypervisor->memory_mib(soon());
  hypervisor->set_memory(JobId(42), 48, soon());
  EXPECT_EQ(hypervisor->memory_mib(soon()), before - 16);
  hypervisor->set_memory(JobId(42), 48, soon());  // so already
  hypervisor->set_memory(JobId(42), 64, soon());
  EXPECT_EQ(hypervisor->memory_mib(soon()), before);
  expect_error([&] { hypervisor->set_memory(JobId(42), 65, soon()); }, ErrorKind::kHost,
               StartsWith("workspace-42: "));
  expect_error([&] { hypervisor->set_memory(JobId(43), 48, soon()); }, ErrorKind::kGuest,
               "the VM has ended");
}

TEST(LibvirtHypervisorTest, ADomainWithDevicesOfTheMachineIsTaken) {
  for (const auto kind : {HypervisorKind::kXen, HypervisorKind::kQemu}) {
    const auto hypervisor = test_hypervisor(kind);
    DomainDescription description = some_description(42);
    description.pci_devices = {{0, 0x3b, 0, 0}, {0, 0x3b, 0, 1}};
    hypervisor->create(description, soon());
    EXPECT_TRUE(hypervisor->is_running(JobId(42), soon()));
    hypervisor->destroy(JobId(42), soon());
  }
}

TEST(LibvirtHypervisorTest, OnXenADomainDoesNotRunBeforeItsDisksHaveTheirBounds) {
  const auto xen = test_hypervisor();
  const TemporaryFolder folder;
  DomainDescription description = some_description(42);
  description.disks = {{folder.write("disk", std::string(1 << 20, 'd')), false}};
  description.disk_caps.iops = 60;
  // The test driver starts no QEMU.
  expect_error([&] { xen->create(description, soon()); }, ErrorKind::kHost,
               AllOf(StartsWith("asking QEMU at /var/run/xen/qmp-libxenstat-"),
                     HasSubstr(": No such file or directory")));
  EXPECT_EQ(xen->list(soon()).at(0).state, DomainState::kPaused);
  EXPECT_TRUE(xen->disk_server(JobId(42), soon()).is_lost());
  xen->destroy(JobId(42), soon());
  EXPECT_FALSE(xen->disk_server(JobId(42), soon()).is_needed);
  EXPECT_THAT(xen->list(soon()), IsEmpty());
}

TEST(LibvirtHypervisorTest, DisksWithoutBoundsNeedNoProcess) {
  const TemporaryFolder folder;
  for (const auto kind : {HypervisorKind::kXen, HypervisorKind::kQemu}) {
    const auto hypervisor = test_hypervisor(kind);
    DomainDescription description = some_description(42);
    description.disks = {{folder.write("disk", std::string(1 << 20, 'd')), false}};
    hypervisor->create(description, soon());
    EXPECT_FALSE(hypervisor->disk_server(JobId(42), soon()).is_needed);
    hypervisor->destroy(JobId(42), soon());
  }
}

TEST(LibvirtHypervisorTest, ASecondDomainOfAJobIsAnError) {
  const auto hypervisor = test_hypervisor();
  hypervisor->create(some_description(42), soon());
  expect_error(
      [&] { hypervisor->create(some_description(42), soon()); }, ErrorKind::kHost,
      AllOf(StartsWith("libvirt: operation failed: domain 'workspace-42'"), HasSubstr("already")));
}

TEST(LibvirtHypervisorTest, OnXenADomainHasOnlyMemoryThatIsFree) {
  const auto xen = test_hypervisor();
  DomainDescription description = some_description(42);
  description.memory_mib = 3073;  // the test driver's machine has 3 GiB free
  expect_error([&] { xen->create(description, Deadline::in(std::chrono::milliseconds(600))); },
               ErrorKind::kHost,
               "the VM needs 3073M of memory and Xen has 3G free beside dom0's; take RealMemory in "
               "slurm.conf from `workspace node config`");
  EXPECT_FALSE(xen->is_running(JobId(42), soon()));
  description.memory_mib -= 1;
  xen->create(description, soon());
  EXPECT_TRUE(xen->is_running(JobId(42), soon()));
}

TEST(LibvirtHypervisorTest, AMissingDiskIsNamed) {
  DomainDescription description = some_description(42);
  description.disks = {{"/nowhere/image", true}};
  expect_error([&] { test_hypervisor()->create(description, soon()); }, ErrorKind::kHost,
               "opening /nowhere/image: No such file or directory");
}

TEST(LibvirtHypervisorTest, TheMachinesCpusAreLibvirts) {
  EXPECT_EQ(test_hypervisor()->cpu_topology(soon()).size(), 16U);  // the test driver's machine
}

TEST(LibvirtHypervisorTest, TheLineForSlurmHasTheMachinesSize) {
  // The test driver's machine: 3 GiB, 2 sockets with 2 cores with 2 threads, in 2 NUMA nodes alike.
  const auto qemu = test_hypervisor(HypervisorKind::kQemu);
  EXPECT_EQ(qemu->memory_mib(soon()), 3072U);
  EXPECT_THAT(node_config(*qemu, "node7", soon()),
              AllOf(StartsWith("NodeName=node7 CPUs=16 "), HasSubstr(" RealMemory=2560\n")));
  // On Xen the free memory counts, and that of domains that are not dom0.
  const auto xen = test_hypervisor();
  const std::uint64_t before = xen->memory_mib(soon());
  EXPECT_GT(before, 0U);
  xen->create(some_description(42), soon());
  EXPECT_EQ(xen->memory_mib(soon()), before + 64);
  EXPECT_THAT(node_config(*xen, "node7", soon()),
              HasSubstr("SlurmdParameters=config_overrides makes it take this line.\n# No CPU is"));
}

TEST(LibvirtHypervisorTest, QemusConsoleIsReadFromItsLog) {
  const TemporaryFolder folder;
  DomainDescription description = some_description(42);
  description.console_log = folder.write("console.log", "booting\r\nKernel panic\x07\r\n");
  const auto hypervisor = test_hypervisor(HypervisorKind::kQemu);
  hypervisor->create(description, soon());
  EXPECT_EQ(hypervisor->console_tail(JobId(42), 100, soon()), "booting\nKernel panic\\x07\n");
}

TEST(ConnectHypervisorTest, ALibvirtThatIsNotThereIsTold) {
  expect_error(
      [] {
        connect_hypervisor("qemu+unix:///system?socket=/nowhere/sock", HypervisorKind::kQemu,
                           Acceleration::kAuto, soon());
      },
      ErrorKind::kHost,
      AllOf(StartsWith("cannot reach libvirt at qemu+unix:///system?socket=/nowhere/sock: "),
            HasSubstr("No such file or directory; is libvirtd running?")));
}

TEST(ConnectHypervisorTest, ALibvirtThatHangsIsGivenUp) {
  const TemporaryFolder folder;
  const std::string path = folder.file("sock");
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address),
            0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);

  const std::string uri = "qemu+unix:///system?socket=" + path;
  expect_error(
      [&] {
        connect_hypervisor(uri, HypervisorKind::kQemu, Acceleration::kAuto,
                           Deadline::in(std::chrono::milliseconds(300)));
      },
      ErrorKind::kTimeout, "libvirt at " + uri + ": no answer in time");
}

TEST(ConnectHypervisorTest, OnlyTheTwoHypervisorsAreServed) {
  for (const char* uri : {"", "lxc:///system", "qemux:///system", "/system"}) {
    SiteConfig site;
    site.hypervisor = uri;
    expect_error(
        [&] { connect_hypervisor(site, soon()); }, ErrorKind::kInvalid,
        "the hypervisor '" + site.hypervisor + "' is neither xen:///system nor qemu:///system");
  }
}

}  // namespace
}  // namespace workspace
