#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/catalog/registration.h"

namespace workspace::cli {

int run_image_lint(const Arguments& arguments) {
  const Manifest manifest = check_image(*arguments.word(0));
  return print(*arguments.word(0) + ": fine: " + manifest.name.text() + ":" +
               manifest.version.text() + "\n");
}

}  // namespace workspace::cli
