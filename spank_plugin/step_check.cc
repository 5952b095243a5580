#include "spank_plugin/step_check.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>

#include "libworkspace/base/error.h"
#include "spank_plugin/options.h"
#include "spank_plugin/step_entry.h"
#include "spank_plugin/step_refusal.h"

namespace workspace {
namespace {

constexpr char kMark[] = "SLURM_WORKSPACE_STEP_REFUSAL";

/// This process is one step's on one node.
std::string_view refusal_here;

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::string_view announce_step_refusal() {
  const std::string word(step_refusal(own_command_line(), is_set("SLURM_TASK_EPILOG")));
  if (word.empty())
    ::unsetenv(kMark);
  else
    ::setenv(kMark, word.c_str(), 1);
  return text_of_step_refusal(word);
}

void look_for_step_refusal(spank_t spank) noexcept {
  try {
    std::uint32_t job = 0;
    std::array<char, 16> mark{};
    if (spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS) return;
    const bool entered = has_workspace(JobId(job));
    const spank_err_t error =
        spank_getenv(spank, kMark, mark.data(), static_cast<int>(mark.size()));
    if (error != ESPANK_SUCCESS && error != ESPANK_NOSPACE) return;
    spank_unsetenv(spank, kMark);
    if (entered)
      refusal_here = text_of_step_refusal(error == ESPANK_SUCCESS ? mark.data() : "too long");
  } catch (const std::exception&) {
    // What cannot be looked at now is looked at again for each task, and told there.
  }
}

int refuse_step() noexcept {
  if (refusal_here.empty()) return 0;
  slurm_error("workspace: %s", std::string(refusal_here).c_str());
  return -1;
}

}  // namespace workspace
