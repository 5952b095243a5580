#pragma once

#include <span>
#include <string>

#include "libworkspace/model/job_record.h"

namespace workspace::cli {

/// One line for each job.
std::string jobs_table(std::span<const JobRecord> records);
/// All that is known of one job, with a line for each step of its start.
std::string job_details(const JobRecord& record);
/// `{"jobs": […]}`; a job's token is in none of these.
std::string jobs_json(std::span<const JobRecord> records);

}  // namespace workspace::cli
