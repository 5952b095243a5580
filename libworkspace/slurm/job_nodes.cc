#include "libworkspace/slurm/job_nodes.h"

#include <map>
#include <span>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/slurm/libslurm.h"

namespace workspace {
namespace {

std::string node_list_of(JobId job) {
  job_info_msg_t* message = nullptr;
  if (slurm_load_job(&message, job.number(), SHOW_ALL) != SLURM_SUCCESS) {
    if (slurm_get_errno() == ESLURM_INVALID_JOB_ID)
      throw Error(ErrorKind::kNotFound, "Slurm knows no job " + job.to_string());
    throw_slurm("asking the controller for job " + job.to_string());
  }
  const JobInfo owner(message);
  for (const auto& info : std::span(message->job_array, message->record_count))
    if (info.job_id == job.number()) return text_of(info.nodes);
  throw Error(ErrorKind::kNotFound, "Slurm knows no job " + job.to_string());
}

/// All nodes at once: a question for each of a large job's would be thousands.
std::map<std::string, std::string> addresses_of_nodes() {
  node_info_msg_t* message = nullptr;
  if (slurm_load_node(0, &message, SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for the cluster's nodes");
  const NodeInfo owner(message);
  std::map<std::string, std::string> addresses;
  for (const auto& node : std::span(message->node_array, message->record_count))
    if (node.name != nullptr) addresses[node.name] = text_of(node.node_addr);
  return addresses;
}

std::vector<ClusterNode> ask(JobId job) {
  prepare_libslurm();
  const std::string list = node_list_of(job);
  const auto addresses = addresses_of_nodes();
  std::vector<ClusterNode> nodes;
  for (auto& name : hosts_in_list(list)) {
    const auto known = addresses.find(name);
    if (known == addresses.end() || known->second.empty())
      throw Error(ErrorKind::kHost, "the controller tells no address of node " + name);
    nodes.push_back({std::move(name), known->second});
  }
  return nodes;
}

}  // namespace

std::vector<std::string> hosts_in_list(const std::string& list) {
  const hostlist_t hosts = slurm_hostlist_create(list.c_str());
  if (hosts == nullptr) throw Error(ErrorKind::kHost, "'" + list + "' is not a list of hosts");
  std::vector<std::string> names;
  while (char* const name = slurm_hostlist_shift(hosts)) {
    names.emplace_back(name);
    std::free(name);  // its allocator for host lists is malloc itself
  }
  slurm_hostlist_destroy(hosts);
  return names;
}

std::vector<ClusterNode> read_job_nodes(JobId job, Deadline deadline) {
  return bounded_call<std::vector<ClusterNode>>("asking Slurm's controller for the job's nodes",
                                                deadline, [job] { return ask(job); });
}

}  // namespace workspace
