#include <unistd.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/save_log.h"

namespace workspace::cli {
namespace {

std::string saves_json(const std::vector<SaveEntry>& saves) {
  Json json;
  json.begin_object().begin_array("saves");
  for (const auto& save : saves) {
    json.begin_object()
        .field("job", std::uint64_t{save.job.number()})
        .field("time", format_utc_time(save.time))
        .field("node", printable(save.node))
        .field("image", printable(save.image))
        .field("saved", save.fault.empty())
        .field("size_bytes", save.size_bytes)
        .field("fault", printable(save.fault))
        .end_object();
  }
  return json.end_array().end_object().text();
}

}  // namespace

int run_image_saves(const Arguments& arguments) {
  const auto saves = read_saves(site_config(arguments).store, ::getuid());
  if (arguments.has("--json")) return print(saves_json(saves));
  if (saves.empty()) return print("no job of yours was to be saved (--workspace-save)\n");
  std::vector<std::vector<std::string>> rows = {{"JOB", "TIME", "IMAGE", "OUTCOME"}};
  for (const auto& save : saves) {
    rows.push_back({save.job.to_string(), format_utc_time(save.time), printable(save.image),
                    save.fault.empty() ? "saved, " + format_bytes(save.size_bytes)
                                       : "FAILED: " + printable(save.fault)});
  }
  return print(format_table(rows));
}

}  // namespace workspace::cli
