#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cli/new_image_folder.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "cli/tree_options.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/image/import.h"

namespace workspace::cli {
namespace {

constexpr std::size_t kMaxPatternFileBytes = std::size_t{1} << 20;
/// Terabytes over a slow network; what takes longer does not work.
constexpr std::chrono::hours kImportTimeout{24};

std::string required(const Arguments& arguments, std::string_view option) {
  const auto value = arguments.value(option);
  if (value) return *value;
  throw Error(ErrorKind::kUsage,
              std::string(option) + " is missing; see workspace image import --help");
}

LeftOut left_out(const Arguments& arguments, SourceKind kind) {
  LeftOut all;
  if (!arguments.has("--no-default-excludes"))
    all = kind == SourceKind::kMachine ? left_out_of_machines() : left_out_of_images();
  if (const auto patterns = arguments.value("--exclude")) {
    std::string lines = *patterns;
    std::replace(lines.begin(), lines.end(), ',', '\n');
    all.add(LeftOut::parse(lines, "--exclude"));
  }
  if (const auto file = arguments.value("--exclude-from"))
    all.add(LeftOut::parse(read_file(*file, kMaxPatternFileBytes), *file));
  return all;
}

/// https://reproducible-builds.org/specs/source-date-epoch: no time of a file lies behind it.
std::int64_t newest_mtime_s() {
  const char* const epoch = ::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr) return INT64_MAX;
  const auto seconds = parse_decimal(epoch, UINT32_MAX);
  if (seconds) return static_cast<std::int64_t>(*seconds);
  throw Error(ErrorKind::kUsage, "SOURCE_DATE_EPOCH is no time in seconds since 1970");
}

/// What ssh needs of the caller's environment to find keys and agent.
std::vector<std::string> remote_shell_environment() {
  std::vector<std::string> environment;
  for (const char* name : {"HOME", "USER", "SSH_AUTH_SOCK"}) {
    if (const char* const value = ::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

ImportOptions import_options(const Arguments& arguments, SourceKind kind) {
  ImportOptions options;
  options.tree_program = tree_program();
  options.dry_run = arguments.has("--dry-run");
  options.left_out = left_out(arguments, kind);
  options.newest_mtime_s = newest_mtime_s();
  apply_tree_options(arguments, options);
  if (const auto partition = arguments.value("--partition")) {
    const auto number = parse_decimal(*partition, 256);
    if (!number || *number == 0)
      throw Error(ErrorKind::kUsage, "--partition is no number from 1 to 256");
    options.partition = static_cast<unsigned>(*number);
  }
  if (const auto shell = arguments.value("--rsh")) {
    options.remote_shell = split(*shell, ' ');
    std::erase(options.remote_shell, "");
    if (options.remote_shell.empty()) throw Error(ErrorKind::kUsage, "--rsh names no command");
  }
  options.remote_shell_environment = remote_shell_environment();
  return options;
}

ImportedTree import_with_progress(ImportSource& source, const ImportOptions& options) {
  TerminalProgress progress;
  return import_tree(source, options, Deadline::in(kImportTimeout),
                     [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
                       progress.show_step(step, done, total);
                     });
}

}  // namespace

int run_image_import(const Arguments& arguments) {
  Manifest manifest(ImageName::parse(required(arguments, "--name")),
                    ImageVersion::parse(required(arguments, "--version")));
  manifest.description = arguments.value("--description").value_or("");
  const std::string image = manifest.name.text() + ":" + manifest.version.text();
  const std::string out = absolute_path(
      arguments.value("--out").value_or(manifest.name.text() + "-" + manifest.version.text()));
  // A description that no manifest may hold is told before the work, not after it.
  (void)format_manifest(manifest);
  ImportSource source = ImportSource::open(*arguments.word(0));
  ImportOptions options = import_options(arguments, source.kind);
  const std::string what = std::string(name_of(source.kind)) + " " + source.name;
  if (options.dry_run) {
    options.work_folder = std::filesystem::temp_directory_path();
    const auto checked = import_with_progress(source, options);
    for (const auto& note : checked.notes) warn(note);
    const std::string text = what + " can be imported: " + tell(checked.summary) +
                             "\nwould write " + out + "/" + manifest.name.text() +
                             ".squashfs and " + out + "/manifest.yaml for " + image +
                             "\nleaves out: " + join(options.left_out.patterns(), " ") + "\n";
    return tell_deed(arguments, "image import", text, [&](Json& json) {
      json.field("image", image).field("folder", out);
      add_summary(json, checked.summary);
    });
  }
  const NewImageFolder folder(out);
  options.work_folder = out;
  const auto imported = import_with_progress(source, options);
  for (const auto& note : imported.notes) warn(note);
  manifest = folder.publish(imported.squashfs, std::move(manifest));
  return tell_new_image(arguments, "image import", "imported " + what + " as " + image, folder,
                        imported, manifest);
}

}  // namespace workspace::cli
