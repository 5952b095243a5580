#include <cstdint>
#include <string>
#include <string_view>

#include "libworkspace/catalog/save_log.h"
#include "libworkspace/image/tree_task.h"
#include "libworkspace/model/guest_config.h"
#include "libworkspace/model/host_commands.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/model/job_report.h"
#include "libworkspace/model/mount_spec.h"
#include "libworkspace/model/request.h"
#include "libworkspace/model/resized_vm.h"
#include "tests/fuzz/read_back.h"

namespace {

using workspace::fuzz::read_back;

const auto kToLines = [](const auto& value) { return value.to_lines(); };
const auto kToLine = [](const auto& value) { return value.to_line(); };

}  // namespace

/// The lines that the project's programs hand to each other: the request of a job comes from the
/// user's own command, a report lies where users may read it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_back(text, workspace::WorkspaceRequest::parse, kToLine);
  read_back(text, workspace::JobRecord::parse, kToLines);
  read_back(text, workspace::ResizedVm::parse, kToLines);
  read_back(text, workspace::JobReport::parse, kToLines);
  read_back(text, workspace::GuestConfig::parse, kToLines);
  read_back(text, workspace::TreeTask::parse, kToLine);
  read_back(text, workspace::TreeSummary::parse, kToLine);
  read_back(text, workspace::parse_mounts, workspace::format_mounts);
  read_back(text, workspace::HostCommands::parse, [](const auto& all) { return all.to_string(); });
  read_back(text, workspace::parse_save_log, workspace::format_save_log);
  return 0;
}
