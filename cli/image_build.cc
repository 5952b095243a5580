#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "build_paths.h"
#include "cli/new_image_folder.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "cli/yaml_verdict.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/recipe_file.h"
#include "libworkspace/image/image_build.h"
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

std::string origin_of(const ImageRecipe& recipe) {
  if (!recipe.dnf) return recipe.suite + " (" + recipe.variant + ") from " + recipe.mirror;
  std::vector<std::string> urls;
  for (const auto& repository : recipe.dnf->repositories) urls.push_back(repository.url);
  return "release " + recipe.dnf->release + " from " + join(urls, ", ");
}

std::string plan_of(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                    const std::string& out) {
  std::string text = "would build " + recipe.manifest.name.text() + ":" +
                     recipe.manifest.version.text() + " of " + origin_of(recipe) +
                     "\npackages: " + join(recipe.packages, " ");
  for (const auto& file : files)
    text += "\ncopy to " + file.destination + ": " + std::to_string(file.content.size()) + " bytes";
  for (const auto& command : recipe.commands) text += "\nrun: " + command;
  return text + "\nwould write " + out + "/" + recipe.manifest.name.text() + ".squashfs and " +
         out + "/manifest.yaml\n";
}

ImportedTree build_with_progress(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                                 const ImportOptions& options) {
  TerminalProgress progress;
  return build_tree(recipe, files, options, Deadline::in(kBuildTimeout),
                    [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
                      progress.show_step(step, done, total);
                    });
}

}  // namespace

int run_image_build(const Arguments& arguments) {
  const std::string path = absolute_path(*arguments.word(0));
  YamlFaults faults;
  ImageRecipe recipe = parse_recipe(read_file(path, kMaxRecipeBytes), path, faults);
  if (!faults.empty()) return tell_verdict(arguments, path, faults, "");
  const std::vector<RecipeFile> files = read_files(recipe, path);
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
  options.tree_program = std::string(build_paths::kLibexecDir) + "/workspace-tree";
  if (const auto size = arguments.value("--max-size"))
    options.limits.max_bytes = parse_size_mib(*size, "--max-size") << 20U;
  const ImportedTree built = build_with_progress(recipe, files, options);
  const Manifest manifest = folder.publish(built.squashfs, std::move(recipe.manifest));
  return tell_new_image(arguments, "image build", "built " + image, folder, built, manifest);
}

}  // namespace workspace::cli
