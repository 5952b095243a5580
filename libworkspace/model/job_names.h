#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace workspace {

/// Slurm's number of a job; never 0.
class JobId {
 public:
  explicit JobId(std::uint32_t number) : number_(number) {}

  /// Errors: kInvalid.
  static JobId parse(std::string_view text);

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::string to_string() const { return std::to_string(number_); }
  auto operator<=>(const JobId&) const = default;

 private:
  std::uint32_t number_;
};

/// The job that digits alone name; nothing for anything else (a sign, a leading zero, 0).
std::optional<JobId> parse_job_id(std::string_view text);

/// The names of a job's things on its node. Each is built here and parsed here, nowhere else, so
/// that teardown and reconcile recognise exactly what prolog made.
std::string domain_name(JobId job);        ///< `workspace-42`
std::string namespace_name(JobId job);     ///< `ws-42`, as `ip netns` shows it
std::string tap_name(JobId job);           ///< `ws42`; at most 15 bytes, as the kernel wants
std::string private_tap_name(JobId job);   ///< `wsp42`: the private network's
std::string guard_table_name(JobId job);   ///< `workspace-42`, as `nft list tables` shows it
std::string scratch_file_name(JobId job);  ///< `42.scratch`

std::optional<JobId> job_of_domain(std::string_view name);
std::optional<JobId> job_of_namespace(std::string_view name);
/// Of either tap.
std::optional<JobId> job_of_tap(std::string_view name);
std::optional<JobId> job_of_scratch_file(std::string_view name);

/// Where iproute2 keeps the namespace's name: /run/netns/ws-42, a file for setns(2).
std::string namespace_file(JobId job);

/// The copy of a job's boot log that its owner may read: RUNTIME_DIR/42.console.
std::string console_copy(std::string_view runtime_dir, JobId job);

/// The root-only folder of a job's state on this node: RUNTIME_DIR/42.
std::string job_folder(std::string_view runtime_dir, JobId job);

}  // namespace workspace
