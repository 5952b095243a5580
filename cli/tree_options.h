#pragma once

#include <string>

#include "cli/arguments.h"
#include "libworkspace/image/import.h"

/// What the subcommands that make an image share.
namespace workspace::cli {

/// workspace-tree, which is installed below the same prefix as this very program: so one that was
/// installed elsewhere, such as for a package or for the project's own images, has its own. Errors:
/// kHost.
std::string tree_program();

/// Sets what --max-size and --compression say. Errors: kUsage; kInvalid.
void apply_tree_options(const Arguments& arguments, ImportOptions& options);

}  // namespace workspace::cli
