#include "libworkspace/image/image_build.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/build_sandbox.h"

namespace workspace {
namespace {

/// A word of a shell's command line.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// A hook of mmdebstrap's is a line of shell whose $1 is the tree. `what` is for the user.
std::string hook(const std::string& inside, const std::string& what) {
  return "--customize-hook=chroot \"$1\" /bin/sh -e -c " + quoted(inside) + " || { echo " +
         quoted("E: " + what + " ended with status ") + "$? >&2; exit 1; }";
}

/// In octal escapes, which every printf(1) knows; a recipe's files are small.
std::string escaped(const std::string& content) {
  std::string text;
  for (const char c : content) {
    const auto byte = static_cast<unsigned char>(c);
    text += '\\';
    for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + ((byte >> shift) & 7U));
  }
  return text;
}

/// One argument of a program has at most 128 KiB (execve(2)), so a file comes in parts.
void add_copy_hooks(const RecipeFile& file, std::vector<std::string>& words) {
  constexpr std::size_t kPartBytes = 16384;
  const std::string& path = file.destination;
  const std::string what = "copying to " + path;
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  words.push_back(hook("mkdir -p " + folder + "; rm -f " + path + "; : >" + path + "; chmod " +
                           (file.executable ? "0755 " : "0644 ") + path,
                       what));
  for (std::size_t at = 0; at < file.content.size(); at += kPartBytes) {
    const std::string part = escaped(file.content.substr(at, kPartBytes));
    words.push_back(hook("printf " + quoted(part) + " >>" + path, what));
  }
}

std::string source_line(const ImageRecipe& recipe) {
  const std::string signed_by =
      recipe.keyring.empty() ? "" : "[signed-by=\"" + recipe.keyring + "\"] ";
  return "deb " + signed_by + recipe.mirror + " " + recipe.suite + " " +
         join(recipe.components, " ");
}

/// What one build has and the next has otherwise, or what a guest has from elsewhere.
LeftOut left_out_of_builds() {
  LeftOut left_out = left_out_of_images();
  left_out.add(LeftOut({"tmp/*", "var/tmp/*", "var/log/*", "var/cache/apt/*", "var/lib/apt/lists/*",
                        "var/cache/ldconfig/*", "etc/resolv.conf", "etc/hostname", "etc/machine-id",
                        "var/lib/dbus/machine-id", "etc/ssh/ssh_host_*"}));
  return left_out;
}

std::string temporary_parent() {
  const char* const named = ::getenv("TMPDIR");
  return named != nullptr && *named == '/' ? named : "/var/tmp";
}

}  // namespace

std::vector<std::string> build_words(const ImageRecipe& recipe,
                                     const std::vector<RecipeFile>& files,
                                     const std::string& mode) {
  std::vector<std::string> words = {"mmdebstrap",     "--quiet",
                                    "--mode=" + mode, "--variant=" + recipe.variant,
                                    "--format=tar",   "--aptopt=APT::Install-Recommends \"false\""};
  if (!recipe.packages.empty()) words.push_back("--include=" + join(recipe.packages, ","));
  for (const auto& file : files) add_copy_hooks(file, words);
  for (std::size_t i = 0; i < recipe.commands.size(); ++i)
    words.push_back(hook(recipe.commands[i], "command " + std::to_string(i + 1) + " of run"));
  words.insert(words.end(), {recipe.suite, "-", source_line(recipe)});
  return words;
}

std::string first_fault(const std::string& output) {
  std::string before;
  for (const auto& line : split(output, '\n')) {
    if (line.starts_with("E: ")) {
      return printable(line.substr(3), 512) +
             (before.empty() ? "" : " (" + printable(before, 256) + ")");
    }
    const bool says_more = !line.empty() && !line.starts_with("W: ") && !line.starts_with("I: ");
    if (says_more) before = line;
  }
  return printable(before, 512);
}

ImportedTree build_tree(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                        ImportOptions options, Deadline deadline, const ImportProgress& progress) {
  ImportSource source;
  source.kind = SourceKind::kBuild;
  source.name = recipe.manifest.name.text() + ":" + recipe.manifest.version.text();
  std::unique_ptr<BuildSandbox> sandbox;
  if (::geteuid() == 0) {
    sandbox = std::make_unique<BuildSandbox>(temporary_parent());
    // mmdebstrap is the root of a namespace already, so it makes none.
    source.builder = sandbox->command(build_words(recipe, files, "root"));
  } else {
    source.builder.argv = build_words(recipe, files, "unshare");
  }
  // https://reproducible-builds.org/specs/source-date-epoch: mmdebstrap and many a package heed it.
  source.builder.environment.push_back("SOURCE_DATE_EPOCH=" + std::to_string(recipe.date_unix_s));
  options.newest_mtime_s = recipe.date_unix_s;
  options.left_out = left_out_of_builds();
  options.left_out.add(LeftOut(recipe.left_out));
  return import_tree(source, options, deadline, progress);
}

}  // namespace workspace
