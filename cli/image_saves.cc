#include <unistd.h>

#include <set>

#include "cli/image_content.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/requester.h"
#include "cli/subcommands.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/save_log.h"
#include "libworkspace/catalog/saved_image.h"

namespace workspace::cli {
namespace {

/// What a user has saved, and how much the site lets it be.
struct Overview {
  std::vector<SaveEntry> saves;
  std::set<std::string> there;  ///< NAME:VERSION of the images that are in the store
  UserSaves kept;
  SiteConfig site;
};

Overview overview_of(const SiteConfig& site) {
  const Requester caller = calling_user();
  const std::string user = at(caller, AccessBy::kUsers).value().front();
  const Catalog catalog(site.store);
  Overview overview{read_saves(site.store, ::getuid()), {}, saves_of(catalog, user), site};
  for (const auto& image : catalog.list().images)
    if (image.manifest.owner == user) overview.there.insert(title_of(image));
  return overview;
}

std::string saves_json(const Overview& overview) {
  Json json;
  json.begin_object()
      .field("images", overview.kept.count)
      .field("images_max", overview.site.user_saves_max)
      .field("size_bytes", overview.kept.size_bytes)
      .field("size_bytes_max", overview.site.user_saves_size_max_mib << 20U)
      .begin_array("saves");
  for (const auto& save : overview.saves) {
    json.begin_object()
        .field("job", std::uint64_t{save.job.number()})
        .field("time", format_utc_time(save.time))
        .field("node", printable(save.node))
        .field("image", printable(save.image))
        .field("saved", save.fault.empty())
        .field("there", overview.there.contains(save.image))
        .field("size_bytes", save.size_bytes)
        .field("fault", printable(save.fault))
        .end_object();
  }
  return json.end_array().end_object().text();
}

std::string outcome_of(const SaveEntry& save, const Overview& overview) {
  if (!save.fault.empty()) return "FAILED: " + printable(save.fault);
  return "saved, " + format_bytes(save.size_bytes) +
         (overview.there.contains(save.image) ? "" : "; removed since");
}

std::string sum_of(const Overview& overview) {
  const auto of = [](std::uint64_t most, const std::string& text) {
    return most == 0 ? "" : " of " + text;
  };
  const SiteConfig& site = overview.site;
  return "kept: " + std::to_string(overview.kept.count) +
         of(site.user_saves_max, std::to_string(site.user_saves_max)) + " images, " +
         format_bytes(overview.kept.size_bytes) +
         of(site.user_saves_size_max_mib, format_bytes(site.user_saves_size_max_mib << 20U)) + "\n";
}

}  // namespace

int run_image_saves(const Arguments& arguments) {
  const Overview overview = overview_of(site_config(arguments));
  if (arguments.has("--json")) return print(saves_json(overview));
  if (overview.saves.empty() && overview.kept.count == 0)
    return print("no job of yours was to be saved (--workspace-save)\n");
  std::vector<std::vector<std::string>> rows = {{"JOB", "TIME", "IMAGE", "OUTCOME"}};
  for (const auto& save : overview.saves) {
    rows.push_back({save.job.to_string(), format_utc_time(save.time), printable(save.image),
                    outcome_of(save, overview)});
  }
  return print(format_table(rows) + sum_of(overview));
}

}  // namespace workspace::cli
