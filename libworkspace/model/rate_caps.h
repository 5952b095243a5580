#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace workspace {

/// How fast a job may use its node's disks and network, each node of it by itself: what its VM's
/// disks do together, and what its VM's links carry together. A value that is not there is not
/// said; kNone is said to be without bound.
struct RateCaps {
  static constexpr std::uint64_t kNone = UINT64_MAX;
  static constexpr std::uint64_t kMaxIops = 1'000'000'000;
  static constexpr std::uint64_t kMaxKibPerS = std::uint64_t{1} << 30;  ///< 1 TiB/s

  std::optional<std::uint64_t> disk_iops;       ///< reads and writes per second
  std::optional<std::uint64_t> disk_kib_per_s;  ///< read and written
  std::optional<std::uint64_t> network_in_kib_per_s;
  std::optional<std::uint64_t> network_out_kib_per_s;

  /// Each value, or where it is not said that of `fallback`.
  [[nodiscard]] RateCaps or_else(const RateCaps& fallback) const;
  /// What both permit: the lower of each two values.
  [[nodiscard]] RateCaps narrowed_by(const RateCaps& other) const;
  bool operator==(const RateCaps&) const = default;
};

/// The names of the generic resources that are caps where a job has some; empty: there is none.
struct CapGres {
  std::string disk_iops;       ///< each is a read or write per second
  std::string disk_bandwidth;  ///< each is a MiB per second, as of the others
  std::string network_in;
  std::string network_out;
};

/// The site's caps.
struct SiteCaps {
  RateCaps all;
  std::map<std::string, RateCaps> of_partitions;
  std::map<std::string, RateCaps> of_qos;
  CapGres gres;

  /// Those of a job: what its QOS says goes before what its partition says, and that before what
  /// all have.
  [[nodiscard]] RateCaps of(const std::string& partition, const std::string& qos) const;
  /// True if some job's disks are bounded.
  [[nodiscard]] bool of_disks() const;
};

/// A bound as the parts of the host are told it, where 0 stands for none.
std::uint64_t bound_or_zero(const std::optional<std::uint64_t>& cap);

}  // namespace workspace
