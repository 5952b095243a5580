#pragma once

#include <string>
#include <vector>

#include "libworkspace/image/import.h"
#include "libworkspace/model/image_recipe.h"

namespace workspace {

/// A file of the recipe's, read.
struct RecipeFile {
  std::string destination;  ///< an absolute path inside, of plain letters
  std::string content;
  bool executable = false;

  /// Of all files of a recipe: what a command line has room for.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 10;
};

/// The words of mmdebstrap(1) that do what a recipe says and write a tar to stdout. `mode` is
/// mmdebstrap's.
std::vector<std::string> build_words(const ImageRecipe& recipe,
                                     const std::vector<RecipeFile>& files, const std::string& mode);

/// The words of a command that does what a recipe with `dnf` says, by dnf(8), and writes a tar to
/// stdout. It needs to be the root of a mount namespace of its own.
std::vector<std::string> dnf_words(const ImageRecipe& recipe, const std::vector<RecipeFile>& files);

/// A shell script that does what a recipe with `vm` says, as root of the image itself; `script` is
/// the content of the recipe's script, empty where there is none.
std::string vm_script(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                      const std::string& script);

/// What no build keeps: what one has and the next has otherwise, or a guest has from elsewhere; and
/// what the recipe names.
LeftOut left_out_of(const ImageRecipe& recipe);

/// What failed, from all that mmdebstrap and the tools below it said: the first line that calls
/// itself an error, without that, and in brackets what was said before it.
std::string first_fault(const std::string& output);

/// Builds the image's tree and makes a squashfs of it, as import_tree does of what is there. The
/// same recipe and packages give the same bytes. Packages and commands run without rights on this
/// machine (build_sandbox.h). Errors: kInvalid, naming what failed; as import_tree.
ImportedTree build_tree(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                        ImportOptions options, Deadline deadline, const ImportProgress& progress);

}  // namespace workspace
