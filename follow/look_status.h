#pragma once

namespace workspace::follow {

/// What follow-workspace ends with, for job-watch; every other status is a failure.
enum LookStatus : int { kStatusRuns = 0, kStatusSuspended = 10, kStatusOver = 11 };

}  // namespace workspace::follow
