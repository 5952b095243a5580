#pragma once

#include <string>
#include <vector>

namespace workspace {

/// One thing that is wrong with a YAML file.
struct YamlFault {
  std::string file;
  int line = 0;  ///< from 1 on; 0: the file as a whole
  std::string why;

  /// `FILE:LINE: WHY`, as refusals are written.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const YamlFault&) const = default;
};

/// The faults that a reader finds when it goes on behind the first one (YamlMap::parse).
class YamlFaults {
 public:
  /// So many are kept, and that there are more.
  static constexpr std::size_t kMost = 100;

  /// A fault that is there already is not added again.
  void add(YamlFault fault);
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  /// File by file in the order they were first named, each by its lines.
  [[nodiscard]] std::vector<YamlFault> sorted() const;

 private:
  std::vector<YamlFault> faults_;
  bool more_ = false;
};

}  // namespace workspace
