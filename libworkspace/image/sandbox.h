#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"

namespace workspace {

/// Bounds on the tools that read what is not trusted.
struct SandboxLimits {
  std::uint64_t max_file_bytes = std::uint64_t{64} << 30;
};

/// A tool that reads what is not trusted: as `nobody` when the caller is root, without network or
/// privileges, with bounds on memory, on each file it writes and on its CPU time.
Command sandboxed(std::vector<std::string> argv, const SandboxLimits& limits);

/// A file without a name in `folder`, which goes with its last descriptor and which a sandboxed
/// tool may open by path_of(). Errors: kHost.
UniqueFd make_work_file(const std::string& folder);

/// Makes the sandbox's user the owner of a file, which can then be opened there by path_of. `name`
/// is for errors: kHost.
void give_to_sandbox(const UniqueFd& file, const std::string& name);

/// The path by which a process that was given a descriptor opens its file: /proc/self/fd/N.
std::string path_of(const UniqueFd& fd);

/// A file whose bytes are `size_bytes` of `source` from `offset_bytes` on: a copy in a work file,
/// which nobody but the sandboxed tool can change any more. Errors: kNotFound when the source is
/// shorter; kHost.
UniqueFd copy_to_work_file(const UniqueFd& source, std::uint64_t offset_bytes,
                           std::uint64_t size_bytes, const std::string& folder,
                           const std::string& name);

}  // namespace workspace
