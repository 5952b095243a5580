#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/yaml_verdict.h"
#include "libworkspace/catalog/registration.h"

namespace workspace::cli {

int run_image_lint(const Arguments& arguments) {
  const std::string path = *arguments.word(0);
  YamlFaults faults;
  const Manifest manifest = check_image(path, faults);
  return tell_verdict(arguments, path, faults,
                      path + ": fine: " + manifest.name.text() + ":" + manifest.version.text());
}

}  // namespace workspace::cli
