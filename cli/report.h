#pragma once

#include <span>
#include <string>

#include "cli/json.h"
#include "libworkspace/model/job_report.h"

namespace workspace::cli {

/// What is known of it, under the key `usage`, with the unit in each name.
void add_usage(Json& json, const VmUsage& usage);

/// One node's report as people read it.
std::string report_text(const JobReport& report);

/// All nodes' reports of a job.
std::string reports_json(std::span<const JobReport> reports);

/// The job's time on each node as a picture: boot, run, teardown, each with its length.
std::string reports_svg(std::span<const JobReport> reports);

}  // namespace workspace::cli
