#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// What a VM has used, as the node's hypervisor and kernel tell; the guest has no say in it. What
/// could not be had is missing: a VM that ended by itself took its counters with it.
struct VmUsage {
  std::optional<std::uint64_t> cpu_time_ms;         ///< of all its vCPUs
  std::optional<std::uint64_t> memory_peak_kib;     ///< the most of the node's memory that it held
  std::optional<std::uint64_t> disk_read_bytes;     ///< of the image and the scratch disk
  std::optional<std::uint64_t> disk_written_bytes;  ///< of the scratch disk
  /// Over the control link, which carries streams and the user's folders, and over the private
  /// network; as the guest counts.
  std::optional<std::uint64_t> network_received_bytes;
  std::optional<std::uint64_t> network_sent_bytes;

  bool operator==(const VmUsage&) const = default;
};

class Fields;
/// Writes what is known of it, and reads it back. Errors of take_usage: kInvalid.
void add_usage(Fields& fields, const VmUsage& usage);
VmUsage take_usage(Fields& fields);

/// What became of a job's workspace on one node: written by the epilog, kept for the job's user.
struct JobReport {
  explicit JobReport(JobId id) : job(id) {}

  JobId job;
  std::uint32_t uid = 0;
  std::uint32_t restart_count = 0;  ///< which run of the job it is
  std::string node;
  std::string image;  ///< NAME:VERSION
  std::string digest;
  std::string outcome;  ///< `ran`, or `failed` with the reason
  std::string reason;
  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t disk_mib = 0;

  /// By the node's clock, in milliseconds since 1970. 0: it never came to that.
  std::uint64_t start_unix_ms = 0;  ///< the prolog began
  std::uint64_t ready_unix_ms = 0;  ///< the VM was ready for tasks
  std::uint64_t end_unix_ms = 0;    ///< the epilog began
  std::uint64_t gone_unix_ms = 0;   ///< nothing of it was left
  std::uint64_t suspended_ms = 0;   ///< how long, between ready and end, it was paused

  using Steps = std::vector<std::pair<std::string, std::uint64_t>>;
  Steps boot_steps_ms;      ///< the prolog's, in order
  Steps teardown_steps_ms;  ///< the epilog's
  VmUsage usage;

  /// The time of the job's own programs, without boot and teardown.
  [[nodiscard]] std::uint64_t run_ms() const;
  [[nodiscard]] std::uint64_t boot_ms() const { return sum_ms(boot_steps_ms); }
  [[nodiscard]] std::uint64_t teardown_ms() const { return sum_ms(teardown_steps_ms); }

  /// The numbers in a line, such as
  /// `boot:3.907s,run:60.000s,teardown:0.205s,cpu:12.345s,memory:331776K,read:1B,…`;
  /// what is not known is left out.
  [[nodiscard]] std::string usage_line() const;

  [[nodiscard]] std::string to_lines() const;
  /// Errors: kInvalid.
  static JobReport parse(std::string_view text);
  static constexpr std::size_t kMaxBytes = 65536;

 private:
  static std::uint64_t sum_ms(const Steps& steps_ms);
};

}  // namespace workspace
