#include <algorithm>

#include "cli/catalog_source.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/lifecycle/catalog_fetch.h"

namespace workspace::cli {
namespace {

std::string_view name_of(EntryState state) {
  switch (state) {
    case EntryState::kNew:
      return "new";
    case EntryState::kHere:
      return "registered";
    case EntryState::kDiffers:
      break;
  }
  return "differs";
}

/// What is known of a catalogue that is trusted.
struct Known {
  TrustedKey key;
  std::optional<CatalogSnapshot> newest;
  std::uint64_t images = 0;
  std::uint64_t new_images = 0;
};

std::vector<Known> known_catalogs(const SiteConfig& site) {
  const Catalog catalog(site.store);
  std::vector<Known> all;
  for (const auto& key : TrustedKeys::read(site.catalog_keys).keys) {
    Known known{key, CatalogSnapshots(site.catalogs, key.name).newest()};
    if (known.newest) {
      const auto entries = CatalogIndex::parse(known.newest->index_bytes).images;
      known.images = entries.size();
      known.new_images = static_cast<std::uint64_t>(std::count_if(
          entries.begin(), entries.end(),
          [&](const CatalogEntry& entry) { return state_of(entry, catalog) == EntryState::kNew; }));
    }
    all.push_back(std::move(known));
  }
  return all;
}

std::string catalogs_json(const std::vector<Known>& catalogs) {
  Json json;
  json.begin_object().begin_array("catalogs");
  for (const auto& known : catalogs) {
    json.begin_object()
        .field("catalog", known.key.name)
        .field("key", known.key.key.id.to_string())
        .field("may_bring", join(known.key.images, ","))
        .field("expires", known.key.expires ? format_utc_time(*known.key.expires) : "never")
        .field("snapshot", known.newest ? known.newest->number : 0)
        .field("source", known.newest ? known.newest->source : "")
        .field("fetched", known.newest ? format_utc_time(known.newest->fetched) : "")
        .field("images", known.images)
        .field("new", known.new_images)
        .end_object();
  }
  return json.end_array().end_object().text();
}

/// An image of a snapshot with its manifest.
struct Offer {
  CatalogEntry entry;
  Manifest manifest;
  EntryState state;
};

std::vector<Offer> offers_of(const CatalogSnapshot& snapshot, const Catalog& catalog) {
  std::vector<Offer> offers;
  for (const auto& entry : CatalogIndex::parse(snapshot.index_bytes).images) {
    offers.push_back({entry, parse_manifest(snapshot.manifests.at(entry.manifest), entry.title()),
                      state_of(entry, catalog)});
  }
  return offers;
}

std::string offers_json(const CatalogSnapshot& snapshot, const std::vector<Offer>& offers) {
  Json json;
  json.begin_object()
      .field("snapshot", snapshot.number)
      .field("source", snapshot.source)
      .field("fetched", format_utc_time(snapshot.fetched))
      .field("digest", snapshot.digest().to_string())
      .begin_array("images");
  for (const auto& offer : offers) {
    json.begin_object()
        .field("image", offer.entry.title())
        .field("digest", offer.entry.manifest.to_string())
        .field("size_bytes", total_bytes(offer.manifest))
        .field("description", printable(offer.manifest.description))
        .field("state", name_of(offer.state))
        .end_object();
  }
  return json.end_array().end_object().text();
}

}  // namespace

CatalogSnapshot chosen_snapshot(const Arguments& arguments, const SiteConfig& site,
                                const std::string& name) {
  const CatalogSnapshots snapshots(site.catalogs, name);
  if (const auto text = arguments.value("--snapshot")) {
    const auto number = parse_decimal(*text, UINT32_MAX);
    if (!number) throw Error(ErrorKind::kUsage, "--snapshot is no number");
    return snapshots.read(*number);
  }
  if (auto newest = snapshots.newest()) return *std::move(newest);
  throw Error(ErrorKind::kNotFound, "there is no snapshot of a catalogue '" + printable(name, 64) +
                                        "' yet; take one by `workspace catalog fetch URL`");
}

int run_catalog_list(const Arguments& arguments) {
  const auto catalogs = known_catalogs(site_config(arguments));
  if (arguments.has("--json")) return print(catalogs_json(catalogs));
  if (catalogs.empty()) return print("no catalogue of another site is trusted\n");
  std::vector<std::vector<std::string>> rows = {
      {"CATALOGUE", "KEY", "SNAPSHOT", "FETCHED", "IMAGES", "NEW", "SOURCE"}};
  for (const auto& known : catalogs) {
    rows.push_back({known.key.name, known.key.key.id.to_string(),
                    known.newest ? std::to_string(known.newest->number) : "-",
                    known.newest ? format_utc_time(known.newest->fetched) : "-",
                    std::to_string(known.images), std::to_string(known.new_images),
                    known.newest ? known.newest->source : "-"});
  }
  return print(format_table(rows));
}

int run_catalog_show(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const CatalogSnapshot snapshot = chosen_snapshot(arguments, config, *arguments.word(0));
  const auto offers = offers_of(snapshot, Catalog(config.store));
  if (arguments.has("--json")) return print(offers_json(snapshot, offers));
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "SIZE", "STATE", "DESCRIPTION"}};
  for (const auto& offer : offers) {
    rows.push_back({offer.entry.title(), format_bytes(total_bytes(offer.manifest)),
                    std::string(name_of(offer.state)), printable(offer.manifest.description)});
  }
  return print("snapshot " + std::to_string(snapshot.number) + " of " +
               format_utc_time(snapshot.fetched) + ", from " + snapshot.source + "\n" +
               format_table(rows));
}

}  // namespace workspace::cli
