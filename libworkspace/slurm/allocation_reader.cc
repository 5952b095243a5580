#include "libworkspace/slurm/allocation_reader.h"

#include <algorithm>
#include <span>
#include <sstream>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/slurm/gres_detail.h"
#include "libworkspace/slurm/libslurm.h"
#include "libworkspace/slurm/node_detail.h"

namespace workspace {
namespace {

const slurm_job_info_t& find_job(const job_info_msg_t& message, JobId job) {
  const std::span<const slurm_job_info_t> jobs(message.job_array, message.record_count);
  // An array's tasks come together.
  const auto found = std::ranges::find(jobs, job.number(), &slurm_job_info_t::job_id);
  if (found == jobs.end())
    throw Error(ErrorKind::kNotFound, "Slurm knows no job " + job.to_string());
  return *found;
}

/// The job's CPUs and memory on one node are in an opaque part of its record, which libslurm reads
/// to nobody but prints. It prints a copy that holds nothing else: the user chose many of the other
/// texts, and could forge a line in them.
std::optional<NodeDetail> detail_of(const slurm_job_info_t& job, const std::string& node_name) {
  slurm_job_info_t bare{};
  bare.job_id = job.job_id;
  bare.job_state = job.job_state;
  bare.num_nodes = job.num_nodes;
  bare.nodes = job.nodes;
  bare.job_resrcs = job.job_resrcs;
  bare.gres_detail_cnt = job.gres_detail_cnt;
  bare.gres_detail_str = job.gres_detail_str;
  bare.show_flags = SHOW_DETAIL;
  // libslurm's allocator is malloc with a header of its own: only it can free the text, and does so
  // for no caller. The process is short-lived.
  const char* const text = slurm_sprint_job_info(&bare, 0);
  std::istringstream lines(text_of(text));
  for (std::string line; std::getline(lines, line);) {
    auto detail = parse_node_detail(line);
    if (detail && host_list_has(detail->nodes.c_str(), node_name)) return detail;
  }
  return std::nullopt;
}

NodeInfo load_node(const std::string& name) {
  node_info_msg_t* message = nullptr;
  std::string writable = name;
  if (slurm_load_node_single(&message, writable.data(), SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for node " + name);
  NodeInfo owner(message);
  if (message->record_count != 1)
    throw Error(ErrorKind::kHost, "the controller does not know node " + name);
  return owner;
}

/// Where the cluster does not allocate memory (SelectTypeParameters without _Memory), a VM still
/// needs a bound: the node's memory by the share of its CPUs.
std::uint64_t memory_by_share(const node_info_t& node, std::uint32_t cpus) {
  return node.cpus == 0 ? 0 : node.real_memory * cpus / node.cpus;
}

Allocation ask(JobId job, const std::string& node_name) {
  prepare_libslurm();
  job_info_msg_t* message = nullptr;
  if (slurm_load_job(&message, job.number(), SHOW_ALL | SHOW_DETAIL) != SLURM_SUCCESS) {
    if (slurm_get_errno() == ESLURM_INVALID_JOB_ID)
      throw Error(ErrorKind::kNotFound, "Slurm knows no job " + job.to_string());
    throw_slurm("asking the controller for job " + job.to_string());
  }
  const JobInfo owner(message);
  const slurm_job_info_t& info = find_job(*message, job);
  const NodeInfo nodes = load_node(node_name);
  const node_info_t& node = nodes->node_array[0];
  const auto detail = detail_of(info, node_name);
  const int cpus = slurm_job_cpus_allocated_on_node(info.job_resrcs, node_name.c_str());
  if (!detail || cpus <= 0)
    throw Error(ErrorKind::kNotFound,
                "job " + job.to_string() + " has no allocation on node " + node_name);

  Allocation allocation(job);
  allocation.uid = info.user_id;
  allocation.gid = info.group_id;
  allocation.node_name = node_name;
  allocation.partition = text_of(info.partition);
  allocation.account = text_of(info.account);
  allocation.qos = text_of(info.qos);
  allocation.work_dir = text_of(info.work_dir);
  allocation.cpus = static_cast<std::uint32_t>(cpus);
  allocation.cpu_ids = detail->cpu_ids;
  allocation.gres = parse_gres_detail(detail->gres);
  allocation.memory_mib =
      detail->memory_mib != 0 ? detail->memory_mib : memory_by_share(node, allocation.cpus);
  allocation.node_count = info.num_nodes;
  allocation.node_cpus = node.cpus;
  return allocation;
}

}  // namespace

Allocation read_allocation(JobId job, const std::string& node_name, Deadline deadline) {
  return bounded_call<Allocation>("asking Slurm's controller for the allocation", deadline,
                                  [job, node_name] { return ask(job, node_name); });
}

}  // namespace workspace
