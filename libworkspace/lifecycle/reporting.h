#pragma once

#include <cstdint>
#include <optional>

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/lifecycle/steps.h"
#include "libworkspace/model/job_record.h"
#include "libworkspace/model/job_report.h"

namespace workspace {

/// What the job's VM has used so far. Never throws: what cannot be had is left out.
VmUsage measure_vm(Node& node, JobId job) noexcept;

/// How long the suspension has lasted in which the record stands; 0: in none.
std::uint64_t suspended_now_ms(const JobRecord& record, std::uint64_t now_unix_ms);

/// What a teardown reports of the job by its record, before anything is removed. Nothing when there
/// is none to report: the record has been lost, or another teardown has reported it.
std::optional<JobReport> report_of(const JobRecord& record, std::uint64_t now_unix_ms);

/// The same of the job's record on this node, with what its VM has used. Never throws: a report is
/// no reason to keep a VM.
std::optional<JobReport> begin_report(Node& node, JobId job) noexcept;

/// Removes what a teardown of this job has left that was killed while it reported. Never throws.
void forget_unfinished_report(const Node& node, const JobRecord& record) noexcept;

/// Hands the report on, once nothing of the job is left but its record: to the folder of reports,
/// to the metrics and to the site's own program, as the site wants it. What fails of it is told in
/// the log.
void finish_report(const Node& node, std::optional<JobReport>& report,
                   const Steps::Times& teardown_ms) noexcept;

}  // namespace workspace
