#include "cli/yaml_verdict.h"

#include <cstdio>

#include "cli/json.h"
#include "cli/output.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

std::string faults_json(const std::string& path, const YamlFaults& faults) {
  Json json;
  json.begin_object().field("file", path).field("ok", faults.empty()).begin_array("faults");
  for (const auto& fault : faults.sorted()) {
    json.begin_object()
        .field("file", fault.file)
        .field("line", static_cast<std::uint64_t>(fault.line))
        .field("fault", fault.why)
        .end_object();
  }
  return json.end_array().end_object().text();
}

}  // namespace

int tell_verdict(const Arguments& arguments, const std::string& path, const YamlFaults& faults,
                 const std::string& fine) {
  const bool json = arguments.has("--json");
  if (json) print(faults_json(path, faults));
  if (faults.empty()) return json ? 0 : print(fine + "\n");
  if (!json) {
    for (const auto& fault : faults.sorted())
      std::fprintf(stderr, "workspace: error: %s\n", printable(fault.to_string()).c_str());
  }
  return exit_status(ErrorKind::kInvalid);
}

}  // namespace workspace::cli
