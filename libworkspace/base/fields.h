#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace workspace {

/// An ordered list of `name=value` pairs with percent-encoded values: the one text form in which
/// the project's programs hand small facts to each other (the request, the job's record, the
/// guest's configuration). Names are `[a-z][a-z0-9_.]*`.
class Fields {
 public:
  void add(std::string name, std::string_view value);
  void add(std::string name, std::uint64_t value) { add(std::move(name), std::to_string(value)); }

  /// `name=value` pairs, each followed by (lines) or separated by (a space) `separator`.
  [[nodiscard]] std::string to_lines() const;
  [[nodiscard]] std::string to_line() const;

  /// Parses what to_lines or to_line wrote. Errors: kInvalid for a malformed pair, a name given
  /// twice, or bytes that to_lines would not have written.
  static Fields from_lines(std::string_view text);
  static Fields from_line(std::string_view text);

  /// Each take_ removes the pair; what is left at the end is unknown, and expect_empty refuses it.
  /// Errors: kInvalid when the field is missing or its value is not of the form.
  std::string take(std::string_view name);
  std::string take_or(std::string_view name, std::string_view fallback);
  std::uint64_t take_number(std::string_view name, std::uint64_t max = UINT64_MAX);
  [[nodiscard]] bool has(std::string_view name) const;

  /// Takes the first pair whose name starts with `prefix` (which is cut off); false when none is
  /// left.
  bool take_prefixed(std::string_view prefix, std::string& name, std::string& value);

  void expect_empty() const;

 private:
  static Fields parse(std::string_view text, char separator);
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace workspace
