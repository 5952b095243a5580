#include <algorithm>

#include "cli/catalog_source.h"
#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/name_pattern.h"
#include "libworkspace/lifecycle/catalog_fetch.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

struct Outcome {
  std::string image;
  std::string digest;
  std::string_view state;  ///< registered, new (not brought), here, differs, failed
  std::string fault = {};
};

bool is_meant(const Arguments& arguments, const CatalogEntry& entry) {
  const auto patterns = split(arguments.value("--images").value_or("*"), ',');
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return matches_name_pattern(parse_name_pattern(pattern), entry.name);
  });
}

/// Brings what is meant and not here yet; what fails does not keep the others.
class Update {
 public:
  Update(const Arguments& arguments, SiteConfig site)
      : arguments_(arguments), site_(std::move(site)), catalog_(site_.store) {
    options_.environment = proxy_environment();
    options_.progress = [&](std::string_view step, std::uint64_t done, std::uint64_t total) {
      progress_.show_step(step, done, total);
    };
    if (const auto size = arguments.value("--max-size"))
      options_.max_image_bytes = parse_size_mib(*size, "--max-size") << 20U;
  }

  void run(const std::string& name, const CatalogSnapshot& snapshot) {
    for (const auto& entry : CatalogIndex::parse(snapshot.index_bytes).images)
      if (is_meant(arguments_, entry)) outcomes_.push_back(bring(name, snapshot, entry));
  }

  [[nodiscard]] const std::vector<Outcome>& outcomes() const { return outcomes_; }
  [[nodiscard]] int status() const { return status_; }

 private:
  Outcome bring(const std::string& name, const CatalogSnapshot& snapshot,
                const CatalogEntry& entry) {
    Outcome outcome{entry.title(), entry.manifest.to_string(), "new"};
    const EntryState state = state_of(entry, catalog_);
    if (state == EntryState::kHere) outcome.state = "here";
    if (state == EntryState::kDiffers) outcome.state = "differs";
    if (state != EntryState::kNew || arguments_.has("--dry-run")) return outcome;
    try {
      (void)bring_image(site_, name, snapshot, entry, options_);
      outcome.state = "registered";
    } catch (const Error& e) {
      outcome.state = "failed";
      outcome.fault = e.text();
      if (status_ == 0) status_ = exit_status(e.kind());
    }
    return outcome;
  }

  const Arguments& arguments_;
  SiteConfig site_;
  Catalog catalog_;
  TerminalProgress progress_;
  FetchOptions options_;
  std::vector<Outcome> outcomes_;
  int status_ = 0;
};

void add_outcomes(Json& json, const std::string& name, const CatalogSnapshot& snapshot,
                  const std::vector<Outcome>& outcomes) {
  json.field("catalog", name).field("snapshot", snapshot.number).begin_array("images");
  for (const auto& outcome : outcomes) {
    json.begin_object()
        .field("image", outcome.image)
        .field("digest", outcome.digest)
        .field("state", outcome.state)
        .field("fault", printable(outcome.fault))
        .end_object();
  }
  json.end_array();
}

std::string outcomes_text(const std::vector<Outcome>& outcomes) {
  std::string text;
  bool brought = false;
  for (const auto& outcome : outcomes) {
    if (outcome.state == "new") text += "would bring " + outcome.image + "\n";
    if (outcome.state == "registered") {
      text += "registered " + outcome.image + " as " + outcome.digest + "\n";
      brought = true;
    }
  }
  if (brought)
    return text + "next, so that they may be used: workspace image approve NAME:VERSION\n";
  return text.empty() ? "there is nothing new\n" : text;
}

}  // namespace

int run_catalog_update(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const std::string name = *arguments.word(0);
  const CatalogSnapshot snapshot = chosen_snapshot(arguments, config, name);
  std::vector<Outcome> outcomes;
  int status = 0;
  {
    Update update(arguments, config);
    update.run(name, snapshot);
    outcomes = update.outcomes();
    status = update.status();
  }
  for (const auto& outcome : outcomes) {
    if (outcome.state == "failed") warn(outcome.fault);
    if (outcome.state == "differs")
      warn("image " + outcome.image +
           " of the catalogue is not the one that is registered here; this one stays");
  }
  tell_deed(arguments, "catalog update", outcomes_text(outcomes),
            [&](Json& json) { add_outcomes(json, name, snapshot, outcomes); });
  return status;
}

}  // namespace workspace::cli
