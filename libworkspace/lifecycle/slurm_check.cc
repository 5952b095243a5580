#include <algorithm>

#include "build_paths.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/node_check.h"

namespace workspace {
namespace {

constexpr char kPart[] = "slurm";
/// Above the guest's boot: staging an image for the first time, the other steps, a busy node.
constexpr std::uint32_t kBootMarginS = 60;

Finding fine(std::string text) { return {kPart, Verdict::kFine, std::move(text), ""}; }

Finding check_program(const std::string& key, const std::string& configured,
                      const std::string& ours) {
  if (configured == ours) return fine(key + "=" + ours);
  if (configured.empty())
    return {kPart, Verdict::kWrong, key + " is not set", "set " + key + "=" + ours};
  // A site's own program, or a list of them, may well call ours.
  return {kPart, Verdict::kWarning, key + " is " + configured + ", not the workspace's own",
          "see that it calls " + ours + " and ends with its exit status"};
}

Finding check_flags(const SlurmSettings& slurm) {
  if (slurm.prolog_at_allocation && slurm.defers_batch)
    return fine("PrologFlags has Alloc and DeferBatch");
  return {kPart, Verdict::kWrong,
          slurm.prolog_at_allocation
              ? "PrologFlags lacks DeferBatch: batch scripts start while other nodes' VMs boot"
              : "PrologFlags lacks Alloc: VMs boot only when a step comes",
          "set PrologFlags=Alloc,DeferBatch"};
}

Finding check_timeout(const std::string& key, std::uint32_t is_s, std::uint32_t least_s,
                      const std::string& else_what) {
  if (is_s == SlurmSettings::kNoTimeout || is_s >= least_s)
    return fine(key + " is " + (is_s == 0 ? "unlimited" : std::to_string(is_s) + " s"));
  return {kPart, Verdict::kWrong,
          key + " is " + std::to_string(is_s) + " s, less than a boot may take: " + else_what,
          "set " + key + "=" + std::to_string(least_s) + " or more"};
}

/// A line `required PATH/spank_workspace.so`, as plugstack.conf(5) has it. Files that it includes
/// are not followed.
Finding check_plugstack(const std::string& path, std::string_view text) {
  const std::string plugin = std::string(build_paths::kLibDir) + "/spank_workspace.so";
  for (const auto& line : split(text, '\n')) {
    if (line.starts_with('#') || line.find("spank_workspace.so") == std::string::npos) continue;
    if (line.starts_with("required")) return fine(path + " requires the plugin");
    return {kPart, Verdict::kWarning, path + " does not require the plugin",
            "write `required " + plugin +
                "`: a node where it cannot load then runs nothing rather than runs a job outside "
                "its workspace"};
  }
  const bool includes = text.find("include") != std::string_view::npos;
  return {kPart, includes ? Verdict::kWarning : Verdict::kWrong,
          path + " does not name the plugin" + (includes ? "; what it includes was not read" : ""),
          "add the line `required " + plugin + "`"};
}

Finding check_job_submit(const std::string& plugins) {
  const auto names = split(plugins, ',');
  if (std::find(names.begin(), names.end(), "lua") != names.end())
    return fine("JobSubmitPlugins has lua");
  return {
      kPart, Verdict::kWarning,
      "JobSubmitPlugins has no lua: too little memory is refused on the node, not at submission",
      "set JobSubmitPlugins=lua and install " + std::string(build_paths::kShareDir) +
          "/job_submit.lua beside slurm.conf"};
}

Finding check_preferences(bool wanted, bool may_fail) {
  if (!wanted || may_fail) return fine("SchedulerParameters suits prefer_cached");
  return {kPart, Verdict::kWarning,
          "SchedulerParameters lacks ignore_prefer_validation: jobs do not prefer the nodes that "
          "have their image",
          "set SchedulerParameters=ignore_prefer_validation, or prefer_cached: false"};
}

}  // namespace

std::vector<Finding> check_slurm_settings(const SlurmSettings& slurm, std::string_view plugstack,
                                          const SiteConfig& site) {
  const auto boot_s = static_cast<std::uint32_t>(site.boot_timeout.count() / 1000) + kBootMarginS;
  const std::string libexec = build_paths::kLibexecDir;
  return {
      check_program("Prolog", slurm.prolog, libexec + "/prolog"),
      check_program("Epilog", slurm.epilog, libexec + "/epilog"),
      check_flags(slurm),
      check_timeout("PrologEpilogTimeout", slurm.prolog_epilog_timeout_s, boot_s,
                    "Slurm kills the prolog and drains the node"),
      check_timeout("BatchStartTimeout", slurm.batch_start_timeout_s, boot_s,
                    "Slurm requeues the job"),
      check_plugstack(slurm.plugstack, plugstack),
      check_job_submit(slurm.job_submit_plugins),
      check_preferences(site.prefer_cached, slurm.lets_preferences_fail),
  };
}

}  // namespace workspace
