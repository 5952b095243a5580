// A libvirt that fails, hangs or lies, at each call that each operation makes: the operations
// themselves show which those are.

#include <filesystem>
#include <functional>
#include <future>
#include <sstream>

#include "libworkspace/hypervisor/libvirt_hypervisor.h"
#include "tests/support/expect_error.h"
#include "tests/support/faulty_libvirt.h"
#include "tests/support/private_node.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::FaultyLibvirt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFaultMessage;
using testing::LibvirtFault;

const JobId kJob(42);

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }
/// For a call that does not return, and for one that is repeated in vain.
Deadline at_once() { return Deadline::in(std::chrono::milliseconds(60)); }
Deadline soon_enough() { return Deadline::in(std::chrono::milliseconds(1500)); }

DomainDescription some_description() {
  DomainDescription description(
      {kJob, 1000, "tiny:1", Digest::parse("sha256:" + std::string(64, 'a'))});
  description.memory_mib = 64;
  description.process_memory_mib = 128;
  description.kernel = "/vmlinux";
  description.initrd = "/initrd";
  return description;
}

using HypervisorOwner = std::unique_ptr<Hypervisor>;

HypervisorOwner connect(HypervisorKind kind) {
  return connect_hypervisor("test:///default", kind, Acceleration::kKvm, soon());
}

void make_domain(Hypervisor& hypervisor) { hypervisor.create(some_description(), soon()); }

void make_paused_domain(Hypervisor& hypervisor) {
  make_domain(hypervisor);
  hypervisor.suspend(kJob, soon());
}

void make_nothing(Hypervisor&) {}

/// One operation of the interface, in which a call of libvirt is wrong.
struct Operation {
  const char* name;
  std::function<void(Hypervisor&)> prepare;
  std::function<void(Hypervisor&, Deadline)> act;
  bool never_throws = false;
  /// Of these calls a failure is borne: the rest of the answer is worth having.
  std::set<std::string> borne = {};
};

void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

const std::vector<Operation> kOperations = {
    {"create",
     make_nothing,
     [](Hypervisor& hypervisor, Deadline deadline) {
       hypervisor.create(some_description(), deadline);
     },
     false,
     {"virDomainSetMemoryParameters"}},
    {"destroy",
     make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.destroy(kJob, deadline); },
     false,
     {"virDomainIsActive"}},
    {"suspend", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.suspend(kJob, deadline); }},
    {"resume", make_paused_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.resume(kJob, deadline); }},
    {"set_memory", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.set_memory(kJob, 32, deadline); }},
    {"is_running", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.is_running(kJob, deadline); }},
    {"disk_server", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.disk_server(kJob, deadline); }},
    {"list",
     make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.list(deadline); },
     false,
     {"virDomainGetMetadata"}},
    {"memory_mib",
     make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.memory_mib(deadline); },
     false,
     {"virDomainGetInfo", "virDomainGetID"}},
    {"cpu_topology",
     make_nothing,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.cpu_topology(deadline); },
     false,
     {"virDomainLookupByID"}},
    {"usage", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) { hypervisor.usage(kJob, deadline); }, true},
    {"console_tail", make_domain,
     [](Hypervisor& hypervisor, Deadline deadline) {
       EXPECT_EQ(hypervisor.console_tail(kJob, 1000, deadline), "");
     },
     true},
};

class LibvirtFaultsTest : public ::testing::TestWithParam<std::tuple<HypervisorKind, Operation>> {
 protected:
  [[nodiscard]] static HypervisorKind kind() { return std::get<0>(GetParam()); }
  [[nodiscard]] static const Operation& operation() { return std::get<1>(GetParam()); }

  [[nodiscard]] HypervisorOwner prepared() const {
    HypervisorOwner hypervisor = connect(kind());
    operation().prepare(*hypervisor);
    FaultyLibvirt::take_calls();
    return hypervisor;
  }

  /// What the operation calls while all is well.
  [[nodiscard]] std::set<std::string> calls() const {
    const HypervisorOwner hypervisor = prepared();
    operation().act(*hypervisor, soon());
    const auto calls = FaultyLibvirt::take_calls();
    hypervisor->destroy(kJob, soon());
    return calls;
  }

  /// With the same object, as far as a call that was left behind permits.
  static void expect_all_well_again(Hypervisor& hypervisor) {
    FaultyLibvirt::heal();
    hypervisor.destroy(kJob, soon());
    EXPECT_FALSE(hypervisor.is_running(kJob, soon()));
    EXPECT_THAT(hypervisor.list(soon()), IsEmpty());
  }

  FaultyLibvirt libvirt_;
};

TEST_P(LibvirtFaultsTest, ACallThatFailsIsTold) {
  for (const auto& call : calls()) {
    SCOPED_TRACE(call);
    const HypervisorOwner hypervisor = prepared();
    FaultyLibvirt::set(call, LibvirtFault::kFails);
    const auto act = [&] { operation().act(*hypervisor, soon_enough()); };
    if (operation().never_throws || operation().borne.contains(call)) {
      EXPECT_NO_THROW(act());
    } else {
      expect_error(act, ErrorKind::kHost, HasSubstr(kFaultMessage));
    }
    expect_all_well_again(*hypervisor);
  }
}

TEST_P(LibvirtFaultsTest, ACallThatHangsIsLeftBehind) {
  for (const auto& call : calls()) {
    SCOPED_TRACE(call);
    const HypervisorOwner hypervisor = prepared();
    FaultyLibvirt::set(call, LibvirtFault::kHangs);
    const auto act = [&] { operation().act(*hypervisor, at_once()); };
    if (operation().never_throws) {
      EXPECT_NO_THROW(act());
    } else {
      expect_error(act, ErrorKind::kTimeout, "libvirt: no answer in time");
    }
    expect_all_well_again(*hypervisor);
  }
}

TEST_P(LibvirtFaultsTest, ACallThatOnlyClaimsToHaveDoneItHarmsNothing) {
  for (const auto& call : calls()) {
    SCOPED_TRACE(call);
    const HypervisorOwner hypervisor = prepared();
    FaultyLibvirt::set(call, LibvirtFault::kOnlyClaims);
    try {
      operation().act(*hypervisor, soon_enough());
    } catch (const Error& e) {
      EXPECT_FALSE(operation().never_throws);
      // Nor can a guest's balloon be told from a libvirt that does not move it.
      EXPECT_THAT(e.kind(), ::testing::AnyOf(ErrorKind::kHost, ErrorKind::kGuest)) << e.text();
    }
    expect_all_well_again(*hypervisor);
  }
}

INSTANTIATE_TEST_SUITE_P(EachOperation, LibvirtFaultsTest,
                         ::testing::Combine(::testing::Values(HypervisorKind::kQemu,
                                                              HypervisorKind::kXen),
                                            ::testing::ValuesIn(kOperations)),
                         [](const auto& point) {
                           return std::string(std::get<1>(point.param).name) +
                                  (std::get<0>(point.param) == HypervisorKind::kXen ? "_xen"
                                                                                    : "_qemu");
                         });

/// Those of this program that libvirt itself answers: they ask no hypervisor, or are the tests'
/// own.
const std::set<std::string> kBookkeeping = {
    "virConnectClose",         "virConnectGetVersion",
    "virDomainFree",           "virDomainGetMemoryParameters",
    "virGetLastError",         "virGetLastErrorMessage",
    "virInitialize",           "virSetErrorFunc",
    "virTypedParamsAddULLong", "virTypedParamsFree",
    "virTypedParamsGetULLong",
};

TEST(FaultyLibvirtTest, HasEveryCallThatAsksAHypervisor) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  std::istringstream symbols(testing::output_of({"nm", "-D", "-u", program}));
  std::string word;
  while (symbols >> word) {
    const std::string name = word.substr(0, word.find('@'));
    const bool is_libvirts = name.starts_with("vir");
    EXPECT_TRUE(!is_libvirts || kBookkeeping.contains(name)) << name;
  }
}

class LyingLibvirtTest : public ::testing::Test {
 protected:
  FaultyLibvirt libvirt_;
  HypervisorOwner hypervisor_ = connect(HypervisorKind::kQemu);
};

TEST_F(LyingLibvirtTest, ADomainThatWasNotEndedIsStillThere) {
  make_domain(*hypervisor_);
  FaultyLibvirt::set("virDomainDestroy", LibvirtFault::kOnlyClaims);
  expect_error([&] { hypervisor_->destroy(kJob, soon_enough()); }, ErrorKind::kHost,
               "workspace-42 is still there");
  EXPECT_TRUE(hypervisor_->is_running(kJob, soon()));
}

TEST_F(LyingLibvirtTest, ADomainThatIsStillBeingStartedIsNotGone) {
  make_domain(*hypervisor_);
  // As libvirt has it while it is in the call of a prolog that was killed.
  FaultyLibvirt::set("virDomainIsActive", LibvirtFault::kOnlyClaims);
  expect_error([&] { hypervisor_->destroy(kJob, soon_enough()); }, ErrorKind::kHost,
               "workspace-42 is still there");
  FaultyLibvirt::heal();
  EXPECT_TRUE(hypervisor_->is_running(kJob, soon()));
  hypervisor_->destroy(kJob, soon());
  EXPECT_FALSE(hypervisor_->is_running(kJob, soon()));
}

TEST_F(LyingLibvirtTest, WhyADomainIsStillThereIsToldThoughLibvirtHangsThereafter) {
  make_domain(*hypervisor_);
  FaultyLibvirt::take_calls();
  FaultyLibvirt::set("virDomainDestroy", LibvirtFault::kFails);
  auto destroyed = std::async(std::launch::async, [&] {
    hypervisor_->destroy(kJob, Deadline::in(std::chrono::milliseconds(1500)));
  });
  while (!FaultyLibvirt::take_calls().contains("virDomainDestroy"))
    destroyed.wait_for(std::chrono::milliseconds(1));
  FaultyLibvirt::set("virDomainDestroy", LibvirtFault::kHangs);
  expect_error([&] { destroyed.get(); }, ErrorKind::kHost,
               HasSubstr(std::string("workspace-42 is still there: ") + kFaultMessage));
  FaultyLibvirt::heal();
  hypervisor_->destroy(kJob, soon());
}

TEST_F(LyingLibvirtTest, ADomainThatWasNotPausedRuns) {
  make_domain(*hypervisor_);
  FaultyLibvirt::set("virDomainSuspend", LibvirtFault::kOnlyClaims);
  expect_error([&] { hypervisor_->suspend(kJob, soon()); }, ErrorKind::kHost,
               "workspace-42 still runs: libvirt says that it is done");
  FaultyLibvirt::set("virDomainSuspend", LibvirtFault::kFails);
  expect_error([&] { hypervisor_->suspend(kJob, soon()); }, ErrorKind::kHost,
               std::string("workspace-42 still runs: ") + kFaultMessage);
}

TEST_F(LyingLibvirtTest, ADomainThatWasNotContinuedStands) {
  make_paused_domain(*hypervisor_);
  FaultyLibvirt::set("virDomainResume", LibvirtFault::kOnlyClaims);
  expect_error([&] { hypervisor_->resume(kJob, soon()); }, ErrorKind::kHost,
               "workspace-42 still stands: libvirt says that it is done");
}

TEST(ConnectFaultsTest, AConnectionThatFailsOrHangsIsTold) {
  const FaultyLibvirt libvirt;
  const auto act = [](Deadline deadline) {
    connect_hypervisor("test:///default", HypervisorKind::kQemu, Acceleration::kKvm, deadline);
  };
  FaultyLibvirt::set("virConnectOpen", LibvirtFault::kFails);
  expect_error([&] { act(soon()); }, ErrorKind::kHost,
               HasSubstr(std::string("cannot reach libvirt at test:///default: ") + kFaultMessage));
  FaultyLibvirt::set("virConnectOpen", LibvirtFault::kHangs);
  expect_error([&] { act(at_once()); }, ErrorKind::kTimeout,
               "libvirt at test:///default: no answer in time");
}

TEST(ConnectFaultsTest, ALibvirtdThatIsBeingRestartedIsWaitedFor) {
  const FaultyLibvirt libvirt;
  const auto act = [](std::chrono::milliseconds restart_time) {
    return connect_hypervisor("test:///default", HypervisorKind::kQemu, Acceleration::kKvm, soon(),
                              restart_time);
  };
  FaultyLibvirt::set("virConnectOpen", LibvirtFault::kFails);
  expect_error([&] { act(std::chrono::milliseconds(100)); }, ErrorKind::kHost,
               HasSubstr("is libvirtd running?"));

  auto connected = std::async(std::launch::async, act, std::chrono::seconds(20));
  // Asked twice, it has failed once.
  FaultyLibvirt::take_calls();
  for (int asked = 0; asked < 2;) {
    if (FaultyLibvirt::take_calls().contains("virConnectOpen")) ++asked;
    if (connected.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) break;
  }
  FaultyLibvirt::heal();
  EXPECT_FALSE(connected.get()->is_running(kJob, soon()));
}

}  // namespace
}  // namespace workspace
