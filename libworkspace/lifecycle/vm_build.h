#pragma once

#include <string>
#include <vector>

#include "libworkspace/image/image_build.h"
#include "libworkspace/image/import.h"
#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/image_recipe.h"

namespace workspace {

/// What a recipe with `vm` brings, read.
struct VmBuild {
  ImageRecipe recipe;
  std::vector<RecipeFile> files;
  std::string script;  ///< its content; empty: there is none
  std::string node_name;
};

/// Boots the recipe's image in a throw-away virtual machine of this node, runs what the recipe says
/// in it as root, and makes a squashfs of the image with what has changed in it. What the guest
/// leaves on its disk is read as a hostile guest's is (saving.h). The same commands that make the
/// same files give the same bytes: no time in the image is later than the recipe's date.
///
/// `progress` is called some times a second; what it throws ends the build. Errors: kInvalid for a
/// command that fails, with what it said; as BuildMachine::boot and import_tree.
ImportedTree build_in_vm(Node& node, const VmBuild& build, ImportOptions options,
                         const ImportProgress& progress);

}  // namespace workspace
