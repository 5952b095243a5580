#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libworkspace/model/guest_config.h"

namespace workspace::agent {

/// What a task's environment depends on inside, besides the job's rules.
struct InsideFacts {
  std::string home;   ///< the user's, by the guest's passwd
  std::string shell;  ///< the same
  std::function<bool(const std::string& path)> is_program;
};

/// The environment of a task inside, made of the one that Slurm gives it outside: ENVIRONMENT in
/// workspace(1) has the rules. Of two that say something of a variable the later one here wins:
///
///   1. what is outside, in its order;
///   2. what does not work inside: LD_* is left out, PATH gets the system's folders that it lacks,
///      SHELL is replaced where it is not there, HOME given where it is missing (for TMPDIR see
///      task_tmpdir.h);
///   3. the image's `env`, but for SLURM_* and WORKSPACE_*;
///   4. what is outside of `outside_variables`, and what --export sets with a value (sbatch tells
///      it by SLURM_EXPORT_ENV), untouched;
///   5. WORKSPACE_IMAGE.
std::vector<std::string> inside_environment(const std::vector<std::string>& outside,
                                            const GuestTaskRules& rules, const InsideFacts& facts);

}  // namespace workspace::agent
