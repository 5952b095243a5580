#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// What an import leaves out: patterns of paths below the tree's root, as for fnmatch(3) with
/// FNM_PATHNAME and FNM_PERIOD off: `*` and `?` match no `/`. What a pattern names goes with all
/// that is below it; `dev/*` leaves the folder itself.
class LeftOut {
 public:
  LeftOut() = default;
  explicit LeftOut(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  /// One pattern on each line; empty lines and those that begin with `#` say nothing. A `/` in
  /// front is taken for the tree's root. Errors: kInvalid, naming `file` and the line, for a
  /// pattern with
  /// `..` or control bytes.
  static LeftOut parse(std::string_view text, const std::string& file);

  /// Whether the entry at this path (tree_path) is left out.
  [[nodiscard]] bool matches(std::string_view path) const;

  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }
  [[nodiscard]] std::string to_text() const;
  void add(const LeftOut& more);

 private:
  std::vector<std::string> patterns_;
};

/// What no image needs, since a guest has its own: dev, proc, sys, run.
LeftOut left_out_of_images();

/// What belongs to one running machine and not to an image of it: identity, keys, logs, swap,
/// homes.
LeftOut left_out_of_machines();

}  // namespace workspace
