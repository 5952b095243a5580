#include "libworkspace/lifecycle/task_rules.h"

namespace workspace {

GuestTaskRules task_rules(const Manifest& image, const WorkspaceRequest& request) {
  GuestTaskRules rules;
  for (const auto& [name, value] : image.env) rules.image_env.emplace_back(name, value);
  rules.outside_variables = request.outside_variables;
  rules.working_directory = request.working_directory;
  rules.image_working_directory = image.workdir;
  return rules;
}

}  // namespace workspace
