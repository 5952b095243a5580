#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "cli/held_interruption.h"
#include "cli/new_image_folder.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "cli/tree_options.h"
#include "cli/yaml_verdict.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/recipe_file.h"
#include "libworkspace/image/image_build.h"
#include "libworkspace/lifecycle/vm_build.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::hours kBuildTimeout{6};

/// The files that the recipe copies, as the caller may read them: they are the caller's own.
std::vector<RecipeFile> read_files(const ImageRecipe& recipe, const std::string& recipe_path) {
  const std::filesystem::path folder = std::filesystem::path(recipe_path).parent_path();
  std::vector<RecipeFile> files;
  std::size_t bytes = 0;
  const auto refuse = [&](ErrorKind kind, const std::string& why) {
    throw Error(kind, why).in(recipe_path + ": copy");
  };
  for (const auto& copy : recipe.copies) {
    const std::string path = (folder / copy.source).string();
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) refuse(ErrorKind::kNotFound, path + " does not exist");
    if (!S_ISREG(info.st_mode)) refuse(ErrorKind::kInvalid, path + " is not a file");
    bytes += static_cast<std::size_t>(info.st_size);
    if (bytes > RecipeFile::kMaxBytes) {
      refuse(ErrorKind::kExceeded, "the files have more than " +
                                       std::to_string(RecipeFile::kMaxBytes) +
                                       " bytes together; import what is large, or package it");
    }
    files.push_back(
        {copy.destination, read_file(path, RecipeFile::kMaxBytes), (info.st_mode & S_IXUSR) != 0});
  }
  return files;
}

/// The content of a recipe's script; empty where it has none.
std::string read_script(const ImageRecipe& recipe, const std::string& recipe_path) {
  if (!recipe.vm || recipe.vm->script.empty()) return "";
  const auto path = std::filesystem::path(recipe_path).parent_path() / recipe.vm->script;
  return read_file(path.string(), RecipeFile::kMaxBytes);
}

std::string origin_of(const ImageRecipe& recipe) {
  if (recipe.vm) {
    return "image " + recipe.vm->image.to_string() + ", in a virtual machine of " +
           format_size_mib(recipe.vm->memory_mib);
  }
  if (!recipe.dnf) return recipe.suite + " (" + recipe.variant + ") from " + recipe.mirror;
  std::vector<std::string> urls;
  for (const auto& repository : recipe.dnf->repositories) urls.push_back(repository.url);
  return "release " + recipe.dnf->release + " from " + join(urls, ", ");
}

std::string plan_of(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                    const std::string& out) {
  std::string text = "would build " + recipe.manifest.name.text() + ":" +
                     recipe.manifest.version.text() + " of " + origin_of(recipe) +
                     (recipe.vm ? "" : "\npackages: " + join(recipe.packages, " "));
  for (const auto& file : files)
    text += "\ncopy to " + file.destination + ": " + std::to_string(file.content.size()) + " bytes";
  for (const auto& command : recipe.commands) text += "\nrun: " + command;
  if (recipe.vm && !recipe.vm->script.empty()) text += "\nrun: " + recipe.vm->script;
  return text + "\nwould write " + out + "/" + recipe.manifest.name.text() + ".squashfs and " +
         out + "/manifest.yaml\n";
}

/// The build of a virtual machine is root's: it asks the node's hypervisor.
ImportedTree build_by_vm(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                         const std::string& script, const ImportOptions& options,
                         const ImportProgress& progress) {
  if (::geteuid() != 0) {
    throw Error(ErrorKind::kDenied,
                "a recipe with vm is built by root, on a node with a hypervisor");
  }
  set_log_context("build", "");
  const HeldInterruption interruption;
  Node node = Node::open();
  return build_in_vm(node, {recipe, files, script, short_hostname()}, options,
                     [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
                       interruption.check();
                       progress(step, done, total);
                     });
}

ImportedTree build_with_progress(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                                 const std::string& script, const ImportOptions& options) {
  TerminalProgress progress;
  const auto show = [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
    progress.show_step(step, done, total);
  };
  if (recipe.vm) return build_by_vm(recipe, files, script, options, show);
  return build_tree(recipe, files, options, Deadline::in(kBuildTimeout), show);
}

}  // namespace

int run_image_build(const Arguments& arguments) {
  const std::string path = absolute_path(*arguments.word(0));
  YamlFaults faults;
  ImageRecipe recipe = parse_recipe(read_file(path, kMaxRecipeBytes), path, faults);
  if (!faults.empty()) return tell_verdict(arguments, path, faults, "");
  const std::vector<RecipeFile> files = read_files(recipe, path);
  const std::string script = read_script(recipe, path);
  const std::string image = recipe.manifest.name.text() + ":" + recipe.manifest.version.text();
  const std::string out = absolute_path(arguments.value("--out").value_or(
      recipe.manifest.name.text() + "-" + recipe.manifest.version.text()));
  if (arguments.has("--dry-run")) {
    return tell_deed(arguments, "image build", plan_of(recipe, files, out), [&](Json& json) {
      json.field("image", image).field("folder", out).field("origin", origin_of(recipe));
    });
  }

  const NewImageFolder folder(out);
  ImportOptions options;
  options.work_folder = folder.path();
  options.tree_program = tree_program();
  apply_tree_options(arguments, options);
  const ImportedTree built = build_with_progress(recipe, files, script, options);
  const Manifest manifest = folder.publish(built.squashfs, std::move(recipe.manifest));
  return tell_new_image(arguments, "image build", "built " + image, folder, built, manifest);
}

}  // namespace workspace::cli
