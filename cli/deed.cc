#include "cli/deed.h"

#include "cli/output.h"

namespace workspace::cli {

int tell_deed(const Arguments& arguments, std::string_view command, const std::string& text,
              const std::function<void(Json&)>& add_facts) {
  if (!arguments.has("--json")) return print(text);
  Json json;
  json.begin_object().field("command", command).field("done", !arguments.has("--dry-run"));
  add_facts(json);
  return print(json.end_object().text());
}

}  // namespace workspace::cli
