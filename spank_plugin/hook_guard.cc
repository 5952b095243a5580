#include "spank_plugin/hook_guard.h"

#include <slurm/spank.h>

#include <exception>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

int guard_hook(const std::function<void()>& body) noexcept {
  try {
    body();
    return 0;
  } catch (const Error& e) {
    slurm_error("workspace: %s", printable(e.text()).c_str());
  } catch (const std::exception& e) {
    slurm_error("workspace: internal error: %s", e.what());
  }
  return -1;
}

}  // namespace workspace
