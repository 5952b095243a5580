#pragma once

#include <cstdint>

#include "libworkspace/model/hypervisor_kind.h"

namespace workspace {

/// The private link between a node and the guest of a job. Each job's link lives in a network
/// namespace of its own, so every job has the same addresses and none needs to be managed.
/// network/vif-workspace and the guest's agent rely on these values.
namespace control_link {

inline constexpr char kHostAddress[] = "169.254.77.1";
inline constexpr char kGuestAddress[] = "169.254.77.2";
inline constexpr std::uint32_t kPrefixLength = 30;
inline constexpr std::uint16_t kAgentPort = 7777;

inline constexpr char kQemuGuestMac[] = "52:54:00:77:00:02";
inline constexpr char kXenGuestMac[] = "00:16:3e:77:00:02";

/// The guest's end. The prefixes are those that QEMU and Xen have reserved for their guests.
constexpr const char* guest_mac(HypervisorKind kind) {
  return kind == HypervisorKind::kXen ? kXenGuestMac : kQemuGuestMac;
}

}  // namespace control_link
}  // namespace workspace
