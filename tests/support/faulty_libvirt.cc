#include "tests/support/faulty_libvirt.h"

#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace workspace::testing {
namespace {

struct State {
  std::mutex mutex;
  std::condition_variable changed;
  bool listens = false;
  std::string call;
  std::optional<LibvirtFault> fault;
  std::set<std::string> calls;
  int hanging = 0;
};

/// Never ended: calls that were left behind may outlive main().
State& state() {
  static State* const kState = new State;
  return *kState;
}

/// Notes the call; what is wrong with it, when a hang has ended.
std::optional<LibvirtFault> fault_of(const std::string& call) {
  State& now = state();
  std::unique_lock lock(now.mutex);
  if (!now.listens) return std::nullopt;
  now.calls.insert(call);
  if (!now.fault || now.call != call) return std::nullopt;
  if (now.fault != LibvirtFault::kHangs) return now.fault;
  ++now.hanging;
  now.changed.wait(lock, [&] { return !now.fault; });
  --now.hanging;
  now.changed.notify_all();
  return LibvirtFault::kFails;
}

template <class Result>
Result failure() {
  // So that libvirt has an error of this thread to tell.
  virConnectGetVersion(nullptr, nullptr);
  if constexpr (std::is_pointer_v<Result>) {
    return nullptr;
  } else if constexpr (std::is_unsigned_v<Result>) {
    return 0;
  } else {
    return -1;
  }
}

template <class Result, class... Parameters>
Result answer(const char* call, Parameters... parameters) {
  const auto fault = fault_of(call);
  if (fault == LibvirtFault::kOnlyClaims && std::is_same_v<Result, int>) return Result();
  if (fault) return failure<Result>();
  const auto real = reinterpret_cast<Result (*)(Parameters...)>(::dlsym(RTLD_NEXT, call));
  return real(parameters...);
}

}  // namespace

FaultyLibvirt::FaultyLibvirt() {
  const std::lock_guard lock(state().mutex);
  state().listens = true;
}

FaultyLibvirt::~FaultyLibvirt() {
  heal();
  const std::lock_guard lock(state().mutex);
  state().listens = false;
}

void FaultyLibvirt::set(const std::string& call, LibvirtFault fault) {
  heal();
  const std::lock_guard lock(state().mutex);
  state().call = call;
  state().fault = fault;
}

void FaultyLibvirt::heal() {
  State& now = state();
  std::unique_lock lock(now.mutex);
  now.fault.reset();
  now.changed.notify_all();
  now.changed.wait(lock, [&] { return now.hanging == 0; });
}

std::set<std::string> FaultyLibvirt::take_calls() {
  const std::lock_guard lock(state().mutex);
  return std::exchange(state().calls, {});
}

}  // namespace workspace::testing

// In place of libvirt's own, for the dynamic linker looks into the program first.
using workspace::testing::answer;

virConnectPtr virConnectOpen(const char* uri) {
  return answer<virConnectPtr>("virConnectOpen", uri);
}
char* virConnectGetCapabilities(virConnectPtr libvirt) {
  return answer<char*>("virConnectGetCapabilities", libvirt);
}
int virConnectListAllDomains(virConnectPtr libvirt, virDomainPtr** domains, unsigned int flags) {
  return answer<int>("virConnectListAllDomains", libvirt, domains, flags);
}
int virNodeGetInfo(virConnectPtr libvirt, virNodeInfoPtr info) {
  return answer<int>("virNodeGetInfo", libvirt, info);
}
unsigned long long virNodeGetFreeMemory(virConnectPtr libvirt) {
  // The test driver counts it in KiB.
  return answer<unsigned long long>("virNodeGetFreeMemory", libvirt) * 1024;
}
virDomainPtr virDomainCreateXML(virConnectPtr libvirt, const char* xml, unsigned int flags) {
  // The test driver starts none that stands: it runs for a moment here.
  const bool stands = (flags & VIR_DOMAIN_START_PAUSED) != 0;
  const virDomainPtr domain = answer<virDomainPtr>("virDomainCreateXML", libvirt, xml,
                                                   flags & ~unsigned{VIR_DOMAIN_START_PAUSED});
  if (domain != nullptr && stands) virDomainSuspend(domain);
  return domain;
}
virDomainPtr virDomainLookupByName(virConnectPtr libvirt, const char* name) {
  return answer<virDomainPtr>("virDomainLookupByName", libvirt, name);
}
virDomainPtr virDomainLookupByID(virConnectPtr libvirt, int id) {
  // The test driver has no dom0; its first domain stands for it.
  return answer<virDomainPtr>("virDomainLookupByID", libvirt, id == 0 ? 1 : id);
}
const char* virDomainGetName(virDomainPtr domain) {
  return answer<const char*>("virDomainGetName", domain);
}
unsigned int virDomainGetID(virDomainPtr domain) {
  return answer<unsigned int>("virDomainGetID", domain);
}
int virDomainGetState(virDomainPtr domain, int* state, int* reason, unsigned int flags) {
  return answer<int>("virDomainGetState", domain, state, reason, flags);
}
int virDomainGetInfo(virDomainPtr domain, virDomainInfoPtr info) {
  return answer<int>("virDomainGetInfo", domain, info);
}
int virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr info, int most, unsigned char* maps,
                      int map_bytes) {
  return answer<int>("virDomainGetVcpus", domain, info, most, maps, map_bytes);
}
char* virDomainGetMetadata(virDomainPtr domain, int type, const char* uri, unsigned int flags) {
  return answer<char*>("virDomainGetMetadata", domain, type, uri, flags);
}
char* virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags) {
  return answer<char*>("virDomainGetXMLDesc", domain, flags);
}
int virDomainIsActive(virDomainPtr domain) { return answer<int>("virDomainIsActive", domain); }
int virDomainIsPersistent(virDomainPtr domain) {
  return answer<int>("virDomainIsPersistent", domain);
}
int virDomainDestroy(virDomainPtr domain) { return answer<int>("virDomainDestroy", domain); }
int virDomainSuspend(virDomainPtr domain) { return answer<int>("virDomainSuspend", domain); }
int virDomainResume(virDomainPtr domain) { return answer<int>("virDomainResume", domain); }
int virDomainSetMemoryFlags(virDomainPtr domain, unsigned long kib, unsigned int flags) {
  return answer<int>("virDomainSetMemoryFlags", domain, kib, flags);
}
int virDomainSetMemoryParameters(virDomainPtr domain, virTypedParameterPtr parameters, int count,
                                 unsigned int flags) {
  return answer<int>("virDomainSetMemoryParameters", domain, parameters, count, flags);
}
int virDomainBlockStats(virDomainPtr domain, const char* disk, virDomainBlockStatsPtr stats,
                        size_t bytes) {
  return answer<int>("virDomainBlockStats", domain, disk, stats, bytes);
}
