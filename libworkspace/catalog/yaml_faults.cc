#include "libworkspace/catalog/yaml_faults.h"

#include <algorithm>

namespace workspace {

std::string YamlFault::to_string() const {
  return file + (line > 0 ? ":" + std::to_string(line) : "") + ": " + why;
}

void YamlFaults::add(YamlFault fault) {
  if (std::find(faults_.begin(), faults_.end(), fault) != faults_.end()) return;
  if (faults_.size() == kMost) {
    more_ = true;
    return;
  }
  faults_.push_back(std::move(fault));
}

std::vector<YamlFault> YamlFaults::sorted() const {
  std::vector<std::string> files;
  for (const auto& fault : faults_)
    if (std::find(files.begin(), files.end(), fault.file) == files.end())
      files.push_back(fault.file);
  std::vector<YamlFault> sorted;
  for (const auto& file : files) {
    const auto begin = sorted.size();
    std::copy_if(faults_.begin(), faults_.end(), std::back_inserter(sorted),
                 [&](const YamlFault& fault) { return fault.file == file; });
    std::stable_sort(sorted.begin() + static_cast<std::ptrdiff_t>(begin), sorted.end(),
                     [](const YamlFault& a, const YamlFault& b) { return a.line < b.line; });
  }
  if (more_) sorted.push_back({sorted.back().file, 0, "there are more faults than are told here"});
  return sorted;
}

}  // namespace workspace
