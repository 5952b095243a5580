#pragma once

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"

namespace workspace {

struct JobInfoDeleter {
  void operator()(job_info_msg_t* message) const { slurm_free_job_info_msg(message); }
};
using JobInfo = std::unique_ptr<job_info_msg_t, JobInfoDeleter>;

struct NodeInfoDeleter {
  void operator()(node_info_msg_t* message) const { slurm_free_node_info_msg(message); }
};
using NodeInfo = std::unique_ptr<node_info_msg_t, NodeInfoDeleter>;

/// Reads slurm.conf, once in a process. slurmd gives its prolog and epilog the file's path.
void prepare_libslurm();

/// libslurm's last error of this thread as a host's fault.
[[noreturn]] void throw_slurm(std::string_view what);

/// True if the host list, such as `node[1-3]`, holds the host.
bool host_list_has(const char* list, const std::string& host);

/// True if the job has an allocation and has not ended.
bool holds_allocation(const slurm_job_info_t& job);

/// What a string of libslurm holds; it tells an empty one by a null pointer.
std::string text_of(const char* text);

}  // namespace workspace
