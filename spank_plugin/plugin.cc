// The hooks that Slurm calls (spank(8) tells when): each looks at the context and calls one
// function, none of which throws.

// Its declarations of the hooks have no C linkage of their own.
extern "C" {
#include <slurm/spank.h>
}

#include "spank_plugin/options.h"
#include "spank_plugin/reconcile.h"
#include "spank_plugin/step_check.h"
#include "spank_plugin/step_entry.h"
#include "spank_plugin/submission.h"
#include "spank_plugin/task_epilog.h"

extern "C" {

// C++ would give the constants that SPANK_PLUGIN defines no external name.
extern const char plugin_name[];
extern const char plugin_type[];
extern const unsigned int plugin_version;
extern const unsigned int spank_plugin_version;
SPANK_PLUGIN(workspace, 1)

int slurm_spank_init(spank_t spank, int argc, char* argv[]) {
  if (argc > 0) {
    slurm_error("workspace: plugstack.conf gives the plugin the argument '%s'; it takes none",
                argv[0]);
    return -1;
  }
  switch (spank_context()) {
    case S_CTX_SLURMD:
      workspace::reconcile_node();
      return 0;
    case S_CTX_ALLOCATOR:
    case S_CTX_LOCAL:
    case S_CTX_REMOTE:
      return workspace::register_options(spank) ? 0 : -1;
    case S_CTX_JOB_SCRIPT:
    case S_CTX_ERROR:
      return 0;
  }
  return 0;
}

int slurm_spank_init_post_opt(spank_t spank, int, char*[]) {
  switch (spank_context()) {
    case S_CTX_ALLOCATOR:
    case S_CTX_LOCAL:
      workspace::submit_workspace(spank);
      break;
    case S_CTX_REMOTE:
      workspace::look_for_step_refusal(spank);
      break;
    case S_CTX_SLURMD:
    case S_CTX_JOB_SCRIPT:
    case S_CTX_ERROR:
      break;
  }
  return 0;
}

int slurm_spank_user_init(spank_t, int, char*[]) { return workspace::refuse_step(); }

int slurm_spank_task_post_fork(spank_t spank, int, char*[]) {
  workspace::prepare_task_epilog(spank);
  return 0;
}

int slurm_spank_task_init_privileged(spank_t spank, int, char*[]) {
  workspace::prepare_entry(spank);
  return 0;
}

int slurm_spank_task_init(spank_t spank, int, char*[]) {
  workspace::enter_workspace(spank);
  return 0;
}

}  // extern "C"
