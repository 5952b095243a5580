#include <vector>

#include "cli/output.h"
#include "cli/subcommands.h"
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

}  // namespace

int run_config_check(const Arguments& arguments) {
  const std::string path = absolute_path(arguments.word(0).value_or(site_config_path()));
  const SiteConfig config = read_site_config(path);
  const TrustedKeys trusted = TrustedKeys::read(config.keys);
  for (const auto& line : missing_parts(config)) warn(line);
  if (config.require_approval && trusted.keys.empty())
    warn("keys: " + config.keys +
         " holds no key, so no image can be used; make one by `workspace image key new NAME`");
  return print(path + ": fine\n");
}

}  // namespace workspace::cli
