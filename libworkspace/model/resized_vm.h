#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// What of its job's allocation a VM has since it was resized: RUNTIME_DIR/JOB/size, readable by
/// root alone. A file of its own, so that who resizes never has to hold the lock under which the
/// job's record is written. 0 everywhere: all that it was booted with.
struct ResizedVm {
  static constexpr char kFileName[] = "size";
  static constexpr std::size_t kMaxBytes = 4096;

  std::uint32_t vcpus = 0;
  std::uint64_t memory_mib = 0;
  /// What an administrator has left the job's owner.
  std::uint32_t most_vcpus = 0;
  std::uint64_t most_memory_mib = 0;

  [[nodiscard]] std::string to_lines() const;
  /// Errors: kInvalid, naming the field.
  static ResizedVm parse(std::string_view text);
};

/// What the file in the job's folder says; where there is none, nothing was resized. Errors: as
/// parse(); kHost.
ResizedVm read_resized(const std::string& job_folder);

}  // namespace workspace
