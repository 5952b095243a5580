#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "libworkspace/model/job_report.h"

namespace workspace {

/// How often something took how long.
struct DurationHistogram {
  /// The upper bounds of the buckets; what takes longer than the last is counted in none of them.
  /// A quantile is told to within a bucket, so they are narrow where VMs boot.
  static constexpr std::array<std::uint64_t, 17> kBoundsMs = {
      100,  250,  500,  750,   1000,  1500,  2000,  3000,  4000,
      5000, 6000, 8000, 10000, 15000, 30000, 60000, 120000};

  std::array<std::uint64_t, kBoundsMs.size()> counts{};  ///< of each bucket alone
  std::uint64_t count = 0;
  std::uint64_t sum_ms = 0;

  void add(std::uint64_t ms);
  bool operator==(const DurationHistogram&) const = default;
};

/// What the workspace jobs that have ended on a node took together: counters, which only grow, as
/// Prometheus wants them.
struct JobTotals {
  std::uint64_t ran = 0;     ///< jobs that had their VM
  std::uint64_t failed = 0;  ///< jobs that got none, by their own fault
  DurationHistogram boot;    ///< of those that ran
  DurationHistogram teardown;
  /// Each step's time in all of them. The names are the lifecycle's own.
  std::map<std::string, std::uint64_t> boot_steps_ms;
  std::map<std::string, std::uint64_t> teardown_steps_ms;
  std::uint64_t run_ms = 0;
  std::uint64_t suspended_ms = 0;
  std::uint64_t cpu_time_ms = 0;
  std::uint64_t disk_read_bytes = 0;
  std::uint64_t disk_written_bytes = 0;
  std::uint64_t network_received_bytes = 0;
  std::uint64_t network_sent_bytes = 0;

  /// Counts a job more.
  void add(const JobReport& report);

  /// The metrics, all in Prometheus' base units: workspace(1), METRICS, lists them.
  [[nodiscard]] std::string to_prometheus() const;

  [[nodiscard]] std::string to_lines() const;
  /// Errors: kInvalid.
  static JobTotals parse(std::string_view text);
  static constexpr std::size_t kMaxBytes = 65536;

  bool operator==(const JobTotals&) const = default;
};

}  // namespace workspace
