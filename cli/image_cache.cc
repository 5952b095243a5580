#include <map>
#include <optional>

#include "build_paths.h"
#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/lifecycle/cache_eviction.h"
#include "libworkspace/lifecycle/cached_features.h"
#include "libworkspace/model/size.h"
#include "libworkspace/store/cache.h"

namespace workspace::cli {
namespace {

constexpr std::chrono::seconds kControllerTime(20);

/// Of which image a file is; files may be shared.
std::map<Digest, std::string> owners_of_files(const Catalog& catalog) {
  std::map<Digest, std::string> owners;
  for (const auto& image : catalog.list().images) {
    for (const auto& file : files_of(image.manifest)) {
      std::string& owner = owners[*file.digest];
      owner += (owner.empty() ? "" : " ") + title_of(image);
    }
  }
  return owners;
}

int set_image_pinned(const Arguments& arguments, bool pinned) {
  const SiteConfig config = site_config(arguments);
  const RegisteredImage image = Catalog(config.store).resolve(ImageRef::parse(*arguments.word(0)));
  for (const auto& file : files_of(image.manifest)) set_pinned(config.cache, *file.digest, pinned);
  return tell_deed(
      arguments, pinned ? "image pin" : "image unpin",
      title_of(image) + (pinned ? " stays" : " no longer stays") + " in this node's cache\n",
      [&](Json& json) {
        json.field("image", title_of(image))
            .field("digest", image.digest.to_string())
            .field("pinned", pinned);
      });
}

int tell_eviction(const Arguments& arguments, const Eviction& eviction, const std::string& text) {
  return tell_deed(arguments, "image gc", text, [&](Json& json) {
    json.field("removed_files", eviction.removed_files)
        .field("removed_bytes", eviction.removed_bytes)
        .field("kept_bytes", eviction.kept_bytes);
  });
}

}  // namespace

int run_image_cached(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const auto owners = owners_of_files(Catalog(config.store));
  const auto owner_of = [&](const CachedFile& file) {
    const auto found = owners.find(file.digest);
    return found == owners.end() ? "(no registered image)" : found->second;
  };
  const auto files = cached_files(config.cache);
  if (arguments.has("--json")) {
    Json json;
    json.begin_object().begin_array("files");
    for (const auto& file : files) {
      json.begin_object()
          .field("digest", file.digest.to_string())
          .field("images", owner_of(file))
          .field("size_bytes", file.size_bytes)
          .field("last_used", format_time(file.last_used))
          .field("pinned", file.pinned)
          .end_object();
    }
    return print(json.end_array().end_object().text());
  }
  if (files.empty()) return print("nothing is cached on this node\n");
  std::vector<std::vector<std::string>> rows = {{"LAST USED", "SIZE", "PINNED", "IMAGE"}};
  for (const auto& file : files) {
    rows.push_back({format_time(file.last_used), format_bytes(file.size_bytes),
                    file.pinned ? "yes" : "no", owner_of(file)});
  }
  return print(format_table(rows));
}

int run_image_gc(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  if (!arguments.has("--dry-run")) sweep_cache(config.cache);
  std::uint64_t most_mib = config.cache_max_mib;
  if (const auto keep = arguments.value("--keep")) most_mib = parse_size_mib(*keep, "--keep");
  if (most_mib == 0 && !arguments.has("--keep"))
    return tell_eviction(arguments, {},
                         "the cache has no bound (cache_max); say how much to keep with --keep\n");
  const bool dry_run = arguments.has("--dry-run");
  const auto eviction =
      evict_files(config.cache, most_mib << 20U, RecordStore(build_paths::kRuntimeDir),
                  Catalog(config.store), dry_run);
  if (!dry_run && eviction.removed_files > 0)
    try_to_show_cached_images(config, short_hostname(), Deadline::in(kControllerTime));
  return tell_eviction(arguments, eviction,
                       (dry_run ? "would remove " : "removed ") +
                           std::to_string(eviction.removed_files) + " files, " +
                           format_bytes(eviction.removed_bytes) + "; " +
                           format_bytes(eviction.kept_bytes) + " stay\n");
}

int run_image_pin(const Arguments& arguments) { return set_image_pinned(arguments, true); }

int run_image_unpin(const Arguments& arguments) { return set_image_pinned(arguments, false); }

}  // namespace workspace::cli
