#include "libworkspace/image/image_build.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/build_sandbox.h"
#include "libworkspace/model/host_commands.h"

namespace workspace {
namespace {

/// A word of a shell's command line.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// What runs a line inside: of a tree that is $1, or of the system itself.
constexpr std::string_view kInTree = "chroot \"$1\" /bin/sh -e -c ";
constexpr std::string_view kInSystem = "/bin/sh -e -c ";

/// A line of shell. `what` is for the user.
std::string line_inside(std::string_view shell, const std::string& inside,
                        const std::string& what) {
  return std::string(shell) + quoted(inside) + " || { echo " +
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
void add_copy_lines(std::string_view shell, const RecipeFile& file,
                    std::vector<std::string>& lines) {
  constexpr std::size_t kPartBytes = 16384;
  const std::string& path = file.destination;
  const std::string what = "copying to " + path;
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  lines.push_back(line_inside(shell,
                              "mkdir -p " + folder + "; rm -f " + path + "; : >" + path +
                                  "; chmod " + (file.executable ? "0755 " : "0644 ") + path,
                              what));
  for (std::size_t at = 0; at < file.content.size(); at += kPartBytes) {
    const std::string part = escaped(file.content.substr(at, kPartBytes));
    lines.push_back(line_inside(shell, "printf " + quoted(part) + " >>" + path, what));
  }
}

/// What the recipe does in the tree once its packages are there.
std::vector<std::string> lines_of(std::string_view shell, const ImageRecipe& recipe,
                                  const std::vector<RecipeFile>& files) {
  std::vector<std::string> lines;
  for (const auto& file : files) add_copy_lines(shell, file, lines);
  for (std::size_t i = 0; i < recipe.commands.size(); ++i) {
    lines.push_back(
        line_inside(shell, recipe.commands[i], "command " + std::to_string(i + 1) + " of run"));
  }
  return lines;
}

std::string source_line(const ImageRecipe& recipe) {
  const std::string signed_by =
      recipe.keyring.empty() ? "" : "[signed-by=\"" + recipe.keyring + "\"] ";
  return "deb " + signed_by + recipe.mirror + " " + recipe.suite + " " +
         join(recipe.components, " ");
}

LeftOut left_out_of_builds() {
  LeftOut left_out = left_out_of_images();
  left_out.add(LeftOut({"tmp/*", "var/tmp/*", "var/log/*", "var/cache/apt/*", "var/lib/apt/lists/*",
                        "var/cache/ldconfig/*", "etc/resolv.conf", "etc/hostname", "etc/machine-id",
                        "var/lib/dbus/machine-id", "etc/ssh/ssh_host_*", "var/cache/dnf/*",
                        "var/lib/dnf/*", "var/lib/rpm/.rpm.lock"}));
  return left_out;
}

/// Where the script of a recipe with `vm` stands while it runs; nothing of this folder is kept.
constexpr char kScriptPlace[] = "/tmp/recipe-script";

/// $1 is dnf's configuration, $2 the release, $3 the packages; the others are lines for the tree.
/// The devices and processes are the sandbox's, which no package may change (rpm's _netsharedpath).
/// The database is where the distributions have it, and in one file. stdout gets the tree alone.
constexpr char kDnfScript[] = R"(exec 3>&1 >&2
root=$(mktemp -d) home=$(mktemp -d)
export HOME="$home"
chmod 0755 "$root"
printf '%s\n' '%_dbpath /var/lib/rpm' '%_netsharedpath /dev:/proc' >"$home/.rpmmacros"
echo "$1" >"$home/dnf.conf"
mkdir "$root/dev" "$root/proc"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
dnf --quiet --assumeyes "--config=$home/dnf.conf" "--installroot=$root" "--releasever=$2" install $3
rpmdb "--root=$root" --rebuilddb
shift 3
for line; do /bin/sh -c "$line" hook "$root"; done
umount -l "$root/dev" "$root/proc"
tar --create --file=- --numeric-owner --one-file-system "--directory=$root" . >&3
)";

/// dnf.conf(5). Nothing of this machine's repositories and plugins, and no package that none of the
/// keys has signed.
std::string dnf_configuration(const DnfSource& source) {
  std::string text =
      "[main]\ngpgcheck=1\ninstall_weak_deps=0\ntsflags=nodocs\nplugins=0\nreposdir=/nonexistent\n";
  std::vector<std::string> keys;
  for (const auto& key : source.keys) keys.push_back("file://" + key);
  for (const auto& repository : source.repositories) {
    text += "[" + repository.name + "]\nname=" + repository.name + "\nbaseurl=" + repository.url +
            "\ngpgkey=" + join(keys, " ") + "\n";
  }
  return text;
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
  for (const auto& line : lines_of(kInTree, recipe, files))
    words.push_back("--customize-hook=" + line);
  words.insert(words.end(), {recipe.suite, "-", source_line(recipe)});
  return words;
}

std::vector<std::string> dnf_words(const ImageRecipe& recipe,
                                   const std::vector<RecipeFile>& files) {
  std::vector<std::string> words = {"/bin/sh",
                                    "-e",
                                    "-c",
                                    kDnfScript,
                                    "dnf",
                                    dnf_configuration(*recipe.dnf),
                                    recipe.dnf->release,
                                    join(recipe.packages, " ")};
  for (auto& line : lines_of(kInTree, recipe, files)) words.push_back(std::move(line));
  return words;
}

std::string vm_script(const ImageRecipe& recipe, const std::vector<RecipeFile>& files,
                      const std::string& script) {
  // The agent's links to Slurm's commands, which no image keeps.
  std::string text = "#!/bin/sh\nfor name in";
  for (const auto name : kHostCommandNames) text += " " + std::string(name);
  text +=
      "; do\n"
      "  case $(readlink \"/usr/bin/$name\" || :) in /run/workspace/*) rm -f \"/usr/bin/$name\" ;; "
      "esac\n"
      "done\n";
  std::vector<RecipeFile> all = files;
  if (!script.empty()) all.push_back({kScriptPlace, script, true});
  for (const auto& line : lines_of(kInSystem, recipe, all)) text += line + "\n";
  if (!script.empty()) text += line_inside(kInSystem, kScriptPlace, "the script") + "\n";
  return text;
}

LeftOut left_out_of(const ImageRecipe& recipe) {
  LeftOut left_out = left_out_of_builds();
  left_out.add(LeftOut(recipe.left_out));
  return left_out;
}

std::string first_fault(const std::string& output) {
  std::string before;
  for (const auto& line : split(output, '\n')) {
    // mmdebstrap's, apt's and this build's own; dnf's.
    const std::string_view mark = line.starts_with("E: ") ? "E: " : "Error: ";
    if (line.starts_with(mark)) {
      return printable(line.substr(mark.size()), 512) +
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
    source.builder = sandbox->command(recipe.dnf ? dnf_words(recipe, files)
                                                 : build_words(recipe, files, "root"));
  } else if (recipe.dnf) {
    throw Error(ErrorKind::kDenied,
                "a recipe with dnf is built by root, in a sandbox without rights");
  } else {
    source.builder.argv = build_words(recipe, files, "unshare");
  }
  // https://reproducible-builds.org/specs/source-date-epoch: mmdebstrap and many a package heed it.
  source.builder.environment.push_back("SOURCE_DATE_EPOCH=" + std::to_string(recipe.date_unix_s));
  options.newest_mtime_s = recipe.date_unix_s;
  options.left_out = left_out_of(recipe);
  return import_tree(source, options, deadline, progress);
}

}  // namespace workspace
