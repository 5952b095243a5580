#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/job_step.h"
#include "libworkspace/model/vm_sample.h"

namespace workspace::cli {

/// What VMs do at this moment: the difference of the two newest samples of each.
class TopTable {
 public:
  void add(const VmSample& sample);
  /// Forgets the VMs that `samples` do not hold.
  void keep_only(std::span<const VmSample> samples);

  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// A line for each VM, those that work most first. Rates are per second, of the time between two
  /// samples; CPU is in percent of one CPU, as top(1) has it. `-` is not known, or not yet.
  [[nodiscard]] std::string text() const;

 private:
  struct Row {
    VmSample now;
    std::optional<VmSample> before;
  };
  std::map<std::pair<JobId, std::string>, Row> rows_;  ///< by job and node
};

/// Each VM at one moment, with all that it has used so far.
std::string samples_table(std::span<const VmSample> samples);
std::string samples_json(std::span<const VmSample> samples);

/// What the step has said by now; a line that is no sample is told on stderr.
std::vector<VmSample> read_samples(JobStep& step);

}  // namespace workspace::cli
