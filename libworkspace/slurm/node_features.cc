#include "libworkspace/slurm/node_features.h"

#include <cstdlib>
#include <ctime>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "libworkspace/base/bounded_call.h"
#include "libworkspace/base/text.h"
#include "libworkspace/slurm/libslurm.h"

namespace workspace {
namespace {

struct HostListDeleter {
  void operator()(hostlist_t list) const { slurm_hostlist_destroy(list); }
};
using HostList = std::unique_ptr<std::remove_pointer_t<hostlist_t>, HostListDeleter>;

std::set<std::string> parse_list(const char* list) {
  std::set<std::string> features;
  for (auto& feature : split(text_of(list), ','))
    if (!feature.empty()) features.insert(std::move(feature));
  return features;
}

std::string format_list(const std::set<std::string>& features) {
  return join(std::vector<std::string>(features.begin(), features.end()), ",");
}

NodeFeatures ask_for_one(const std::string& node_name) {
  prepare_libslurm();
  std::string name = node_name;
  node_info_msg_t* message = nullptr;
  if (slurm_load_node_single(&message, name.data(), SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for the node's features");
  const NodeInfo info(message);
  for (const auto& node : std::span(info->node_array, info->record_count))
    if (text_of(node.name) == node_name)
      return {parse_list(node.features), parse_list(node.features_act)};
  throw Error(ErrorKind::kNotFound, "Slurm has no node '" + printable(node_name, 64) + "'");
}

std::string ask_for_nodes_with(const std::string& feature) {
  prepare_libslurm();
  node_info_msg_t* message = nullptr;
  if (slurm_load_node(std::time_t{0}, &message, SHOW_ALL) != SLURM_SUCCESS)
    throw_slurm("asking the controller for the nodes' features");
  const NodeInfo info(message);
  HostList hosts(slurm_hostlist_create(""));
  for (const auto& node : std::span(info->node_array, info->record_count))
    if (parse_list(node.features_act).contains(feature))
      slurm_hostlist_push_host(hosts.get(), node.name);
  const std::unique_ptr<char, decltype(&std::free)> text(
      slurm_hostlist_ranged_string_malloc(hosts.get()), &std::free);
  return text_of(text.get());
}

bool update(const std::string& node_name, const NodeFeatures& features) {
  prepare_libslurm();
  std::string name = node_name;
  std::string available = format_list(features.available);
  std::string active = format_list(features.active);
  update_node_msg_t message;
  slurm_init_update_node_msg(&message);
  message.node_names = name.data();
  message.features = available.data();
  message.features_act = active.data();
  if (slurm_update_node(&message) != SLURM_SUCCESS)
    throw_slurm("telling the controller the node's features");
  return true;
}

}  // namespace

NodeFeatures read_node_features(const std::string& node_name, Deadline deadline) {
  return bounded_call<NodeFeatures>("asking Slurm's controller for the node's features", deadline,
                                    [node_name] { return ask_for_one(node_name); });
}

std::string nodes_with_feature(const std::string& feature, Deadline deadline) {
  return bounded_call<std::string>("asking Slurm's controller for the nodes' features", deadline,
                                   [feature] { return ask_for_nodes_with(feature); });
}

void update_node_features(const std::string& node_name, const NodeFeatures& features,
                          Deadline deadline) {
  bounded_call<bool>("telling Slurm's controller the node's features", deadline,
                     [node_name, features] { return update(node_name, features); });
}

}  // namespace workspace
