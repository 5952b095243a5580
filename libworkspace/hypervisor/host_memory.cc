#include "libworkspace/hypervisor/host_memory.h"

#include <vector>

namespace workspace {
namespace {

constexpr std::uint64_t kKibOfMib = 1024;

std::uint64_t memory_of_kib(const DomainHandle& domain) {
  virDomainInfo info{};
  // One that has gone meanwhile gives its memory back.
  return virDomainGetInfo(domain.get(), &info) == 0 ? info.memory : 0;
}

}  // namespace

std::uint64_t memory_of_machine_mib(const Connection& connection) {
  virNodeInfo info{};
  if (virNodeGetInfo(connection.get(), &info) != 0) throw_libvirt("the machine's memory");
  return info.memory / kKibOfMib;
}

std::uint64_t free_memory_mib(const Connection& connection) {
  const unsigned long long free_bytes = virNodeGetFreeMemory(connection.get());
  if (free_bytes == 0 && virGetLastError() != nullptr) throw_libvirt("the machine's free memory");
  return free_bytes >> 20;
}

std::uint64_t memory_for_domains_mib(const Connection& connection) {
  const std::uint64_t free_mib = free_memory_mib(connection);
  virDomainPtr* array = nullptr;
  const int count =
      virConnectListAllDomains(connection.get(), &array, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (count < 0) throw_libvirt("libvirt");
  const std::vector<DomainHandle> domains(array, array + count);
  std::free(static_cast<void*>(array));
  std::uint64_t kib = free_mib * kKibOfMib;
  for (const auto& domain : domains)
    if (virDomainGetID(domain.get()) != 0) kib += memory_of_kib(domain);
  return kib / kKibOfMib;
}

}  // namespace workspace
