#include <filesystem>

#include "cli/image_content.h"
#include "cli/new_image_folder.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "cli/tree_options.h"
#include "libworkspace/base/error.h"
#include "libworkspace/image/import.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::hours kFlattenTimeout{24};

/// The image itself, as a source for an import.
ImportSource source_of(const Catalog& catalog, const RegisteredImage& image) {
  OpenedImage files = open_files(catalog, image.manifest);
  ImportSource source;
  source.kind = files.format == RootFormat::kExt4 ? SourceKind::kExt : SourceKind::kSquashfs;
  source.name = "image " + title_of(image);
  source.fd = std::move(files.root);
  source.size_bytes = image.manifest.root.size_bytes;
  source.layers = std::move(files.layers);
  return source;
}

}  // namespace

int run_image_flatten(const Arguments& arguments) {
  const Catalog catalog(site_config(arguments).store);
  const RegisteredImage image = catalog.resolve(ImageRef::parse(*arguments.word(0)));
  if (image.manifest.layers.empty())
    throw Error(ErrorKind::kUsage, "image " + title_of(image) + " has no layers: it is flat");
  Manifest manifest = image.manifest;
  manifest.layers.clear();
  manifest.root = {};
  manifest.root_format = RootFormat::kSquashfs;
  if (const auto name = arguments.value("--name")) manifest.name = ImageName::parse(*name);
  manifest.version = ImageVersion::parse(
      arguments.value("--version").value_or(image.manifest.version.text() + "-flat"));
  const std::string title = manifest.name.text() + ":" + manifest.version.text();
  const NewImageFolder folder(absolute_path(
      arguments.value("--out").value_or(manifest.name.text() + "-" + manifest.version.text())));

  ImportSource source = source_of(catalog, image);
  ImportOptions options;
  options.work_folder = folder.path();
  options.tree_program = tree_program();
  options.limits.max_bytes = UINT64_MAX >> 2U;
  options.left_out = left_out_of_images();
  TerminalProgress progress;
  const auto flat =
      import_tree(source, options, Deadline::in(kFlattenTimeout),
                  [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
                    progress.show_step(step, done, total);
                  });
  manifest = folder.publish(flat.squashfs, std::move(manifest));
  return tell_new_image(arguments, "image flatten", "flattened " + title_of(image) + " to " + title,
                        folder, flat, manifest);
}

}  // namespace workspace::cli
