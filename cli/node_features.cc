#include <unistd.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/lifecycle/cached_features.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kAnswerTime(20);

std::string features_text(const std::string& node, const NodeFeatures& features, bool json) {
  if (json) {
    Json answer;
    answer.begin_object().field("node", node).begin_array("features");
    for (const auto& feature : features.available) {
      answer.begin_object()
          .field("feature", feature)
          .field("active", features.active.contains(feature))
          .end_object();
    }
    return answer.end_array().end_object().text();
  }
  std::vector<std::vector<std::string>> rows = {{"FEATURE", "ACTIVE"}};
  for (const auto& feature : features.available)
    rows.push_back({feature, features.active.contains(feature) ? "yes" : "no"});
  return format_table(rows);
}

}  // namespace

int run_node_features(const Arguments& arguments) {
  const std::string node = arguments.value("--node").value_or(short_hostname());
  const Deadline deadline = Deadline::in(kAnswerTime);
  const bool update = arguments.has("--update");
  if (update && ::geteuid() != 0)
    throw Error(ErrorKind::kDenied, "only root may change a node's features");
  const NodeFeatures features = update ? show_cached_images(site_config(arguments), node, deadline)
                                       : read_node_features(node, deadline);
  return print(features_text(node, features, arguments.has("--json")));
}

}  // namespace workspace::cli
