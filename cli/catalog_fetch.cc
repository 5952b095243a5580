#include "libworkspace/lifecycle/catalog_fetch.h"

#include <array>
#include <cstdlib>

#include "cli/catalog_source.h"
#include "cli/deed.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "libworkspace/image/download.h"

namespace workspace::cli {
namespace {

/// A catalogue's name stands for where it was fetched from the last time.
std::string url_of(const SiteConfig& site, const std::string& word) {
  const TrustedKeys keys = TrustedKeys::read(site.catalog_keys);
  for (const auto& key : keys.keys) {
    if (key.name != word) continue;
    if (const auto newest = CatalogSnapshots(site.catalogs, word).newest()) return newest->source;
  }
  return parse_source_url(word.starts_with(".") ? absolute_path(word) : word);
}

void list_titles(Json& json, std::string_view key, const std::vector<std::string>& titles) {
  json.begin_array(key);
  for (const auto& title : titles) json.begin_object().field("image", title).end_object();
  json.end_array();
}

void add_fetched(Json& json, const FetchedCatalog& fetched) {
  json.field("catalog", fetched.name)
      .field("snapshot", fetched.snapshot.number)
      .field("is_new", fetched.is_new)
      .field("source", fetched.snapshot.source)
      .field("fetched", format_utc_time(fetched.snapshot.fetched))
      .field("number", fetched.index.number)
      .field("made", format_utc_time(fetched.index.made))
      .field("digest", fetched.snapshot.digest().to_string());
  list_titles(json, "new", fetched.since.added);
  list_titles(json, "changed", fetched.since.changed);
  list_titles(json, "gone", fetched.since.gone);
}

std::string fetched_text(const FetchedCatalog& fetched) {
  const CatalogSnapshot& snapshot = fetched.snapshot;
  if (!fetched.is_new) {
    return "the catalogue '" + fetched.name + "' has nothing new since snapshot " +
           std::to_string(snapshot.number) + " of " + format_utc_time(snapshot.fetched) + "\n";
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char* what, const std::vector<std::string>& titles) {
    for (const auto& title : titles) rows.push_back({std::string("  ") + what, title});
  };
  add("new", fetched.since.added);
  add("changed", fetched.since.changed);
  add("gone", fetched.since.gone);
  return "snapshot " + std::to_string(snapshot.number) + " of the catalogue '" + fetched.name +
         "', made " + format_utc_time(fetched.index.made) + "\n  " + snapshot.digest().to_string() +
         "\n" + format_table(rows) + "next: workspace catalog update " + fetched.name + "\n";
}

}  // namespace

std::vector<std::string> proxy_environment() {
  std::vector<std::string> environment;
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"}) {
    if (const char* const value = ::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

int run_catalog_fetch(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const std::string url = url_of(config, *arguments.word(0));
  const FetchedCatalog fetched = [&] {
    TerminalProgress progress;
    FetchOptions options;
    options.environment = proxy_environment();
    options.progress = [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
      progress.show_step(step, done, total);
    };
    return fetch_catalog(config, url, options);
  }();
  return tell_deed(arguments, "catalog fetch", fetched_text(fetched),
                   [&](Json& json) { add_fetched(json, fetched); });
}

}  // namespace workspace::cli
