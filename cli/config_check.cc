#include <vector>

#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/yaml_verdict.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/site_config_file.h"
#include "libworkspace/catalog/trusted_keys.h"

namespace workspace::cli {
namespace {

/// What the configuration names and this machine has not, one line each. Login nodes need not have
/// all of it.
std::vector<std::string> missing_parts(const SiteConfig& config) {
  std::vector<std::string> lines;
  const auto look = [&](const auto& open, std::string_view key, const std::string& path) {
    try {
      (void)open(path);
    } catch (const Error& e) {
      lines.push_back(std::string(key) + ": " + e.text());
    }
  };
  look(open_trusted_folder, "store", config.store);
  look(open_trusted_file, "kernel", config.kernel);
  look(open_trusted_file, "initrd", config.initrd);
  look(open_trusted_folder, "slurm_bin", config.slurm_bin);
  return lines;
}

/// What the keys of the site lack; each key's file is read up to its first fault.
void look_at_keys(const SiteConfig& config) {
  const TrustedKeys trusted = TrustedKeys::read(config.keys);
  if (config.require_approval && trusted.keys.empty())
    warn("keys: " + config.keys +
         " holds no key, so no image can be used; make one by `workspace image key new NAME`");
}

}  // namespace

int run_config_check(const Arguments& arguments) {
  const std::string path = absolute_path(arguments.word(0).value_or(site_config_path()));
  YamlFaults faults;
  const SiteConfig config = check_site_config_file(path, faults);
  const int status = tell_verdict(arguments, path, faults, path + ": fine");
  for (const auto& line : missing_parts(config)) warn(line);
  look_at_keys(config);
  return status;
}

}  // namespace workspace::cli
