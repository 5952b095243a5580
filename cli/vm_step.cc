#include "cli/vm_step.h"

#include "build_paths.h"

namespace workspace::cli {

std::vector<std::string> vm_step_command(JobId job, const JobPlace& place,
                                         const std::optional<std::string>& node,
                                         const std::vector<std::string>& request) {
  const std::string count = std::to_string(node ? 1 : place.node_count);
  std::vector<std::string> words = {"srun",
                                    "--quiet",
                                    "--jobid=" + job.to_string(),
                                    "--overlap",
                                    "--nodes=" + count,
                                    "--ntasks=" + count,
                                    "--nodelist=" + node.value_or(place.nodes),
                                    "--workspace=any",
                                    "--",
                                    std::string(build_paths::kLibexecDir) + "/workspace-exec",
                                    "--vm"};
  words.insert(words.end(), request.begin(), request.end());
  return words;
}

}  // namespace workspace::cli
