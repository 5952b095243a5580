#include "spank_plugin/submission.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "build_paths.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/host_commands.h"
#include "libworkspace/model/request.h"
#include "spank_plugin/helper_process.h"
#include "spank_plugin/options.h"
#include "spank_plugin/step_check.h"
#include "spank_plugin/workspace_choice.h"

namespace workspace {
namespace {

constexpr std::chrono::seconds kResolveTimeout(20);

std::optional<std::string> own_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

/// SPANK tells srun from the two others, and nothing but their names tells these apart.
Submitter submitter_of(spank_context_t context) {
  if (context == S_CTX_LOCAL) return Submitter::kSrun;
  return std::string_view(program_invocation_short_name) == "salloc" ? Submitter::kSalloc
                                                                     : Submitter::kSbatch;
}

std::vector<std::string> resolve_command(const WorkspaceChoice& choice) {
  std::vector<std::string> argv = {std::string(build_paths::kBinDir) + "/workspace", "resolve",
                                   "--image", choice.image};
  if (!choice.disk.empty()) argv.insert(argv.end(), {"--disk", choice.disk});
  if (!choice.mounts.empty()) argv.insert(argv.end(), {"--mount", choice.mounts});
  if (!choice.env.empty()) argv.insert(argv.end(), {"--env", choice.env});
  if (!choice.workdir.empty()) argv.insert(argv.end(), {"--workdir", choice.workdir});
  if (choice.root) argv.emplace_back("--root");
  if (!choice.save.empty()) argv.insert(argv.end(), {"--save", choice.save});
  return argv;
}

/// The user's own: `workspace resolve` runs with no more right than the user has.
std::vector<std::string> whole_environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    environment.emplace_back(*entry);
  return environment;
}

/// The request as one line, known to be one that the node will understand.
std::string resolve(const WorkspaceChoice& choice) {
  const auto argv = resolve_command(choice);
  HelperResult result = run_helper(argv, whole_environment(), Deadline::in(kResolveTimeout));
  if (result.exit_status != 0) {
    const std::string reason = last_line(result.error_output);
    throw Error(ErrorKind::kDenied, !reason.empty() ? reason
                                                    : argv[0] + " resolve ended with status " +
                                                          std::to_string(result.exit_status));
  }
  if (result.output.ends_with('\n')) result.output.pop_back();
  return WorkspaceRequest::parse(result.output).to_line();
}

/// An earlier job's environment may be the one that this command was started in. srun would take
/// the request for its own job's from there, and a step would miss a workspace that nobody asked
/// for.
void forget_request(spank_t spank) {
  spank_job_control_unsetenv(spank, kRequestVariable);
  ::unsetenv(kRequestCopy);
}

/// workspace-exec sets the mark; it is not to go on into the environment of what is started here.
bool called_from_inside() {
  const bool inside = own_environment(kInsideVariable).has_value();
  ::unsetenv(kInsideVariable);
  return inside;
}

void put_request(spank_t spank, const std::string& request) {
  const spank_err_t error = spank_job_control_setenv(spank, kRequestVariable, request.c_str(), 1);
  if (error != ESPANK_SUCCESS) {
    throw Error(ErrorKind::kHost,
                std::string("handing the request to Slurm: ") + spank_strerror(error));
  }
}

}  // namespace

void submit_workspace(spank_t spank) noexcept {
  try {
    const Submitter submitter = submitter_of(spank_context());
    if (called_from_inside() && asks_for_the_node(said_options(), submitter, own_environment)) {
      throw Error(ErrorKind::kDenied,
                  "--workspace=none may not be asked for from inside a workspace");
    }
    const std::string refusal(submitter == Submitter::kSrun ? announce_step_refusal() : "");
    if (is_step_of_a_job(submitter, own_environment)) return;
    const auto choice = choose_workspace(said_options(), submitter, own_environment);
    if (choice) {
      if (!refusal.empty()) throw Error(ErrorKind::kDenied, refusal);
      put_request(spank, resolve(*choice));
    } else {
      forget_request(spank);
    }
    begin_next_component();
  } catch (const std::exception& e) {
    refuse_submission(e.what());
  }
}

void refuse_submission(const std::string& reason) noexcept {
  slurm_error("workspace: %s", printable(reason).c_str());
  ::_exit(EXIT_FAILURE);
}

}  // namespace workspace
