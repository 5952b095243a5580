#include "libworkspace/base/fields.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::kInvalid, why); }

bool is_name(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace

void Fields::add(std::string name, std::string_view value) {
  if (!is_name(name)) refuse("'" + printable(name) + "' is not the name of a field");
  if (value.find('\0') != std::string_view::npos)
    refuse("field '" + name + "' has a NUL in its value");
  pairs_.emplace_back(std::move(name), value);
}

std::string Fields::to_lines() const {
  std::string text;
  for (const auto& [name, value] : pairs_) text += name + "=" + percent_encode(value) + "\n";
  return text;
}

std::string Fields::to_line() const {
  std::string text;
  for (const auto& [name, value] : pairs_) {
    if (!text.empty()) text += ' ';
    text += name + "=" + percent_encode(value);
  }
  return text;
}

Fields Fields::parse(std::string_view text, char separator) {
  Fields fields;
  if (text.empty()) return fields;
  for (const auto& pair : split(text, separator)) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) refuse("'" + printable(pair, 64) + "' is not NAME=VALUE");
    std::string name = pair.substr(0, equals);
    if (!is_name(name)) refuse("'" + printable(name, 64) + "' is not the name of a field");
    if (fields.has(name)) refuse("field '" + name + "' is given twice");
    auto value = percent_decode(std::string_view(pair).substr(equals + 1));
    if (!value) refuse("field '" + name + "' has a value that is not percent-encoded");
    fields.pairs_.emplace_back(std::move(name), std::move(*value));
  }
  return fields;
}

Fields Fields::from_lines(std::string_view text) {
  if (!text.empty() && text.back() != '\n') refuse("the last line is cut off");
  if (!text.empty()) text.remove_suffix(1);
  return parse(text, '\n');
}

Fields Fields::from_line(std::string_view text) { return parse(text, ' '); }

std::string Fields::take(std::string_view name) {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(),
                               [&](const auto& pair) { return pair.first == name; });
  if (at == pairs_.end()) refuse("field '" + std::string(name) + "' is missing");
  std::string value = std::move(at->second);
  pairs_.erase(at);
  return value;
}

std::string Fields::take_or(std::string_view name, std::string_view fallback) {
  return has(name) ? take(name) : std::string(fallback);
}

std::uint64_t Fields::take_number(std::string_view name, std::uint64_t max) {
  const std::string text = take(name);
  const auto value = parse_decimal(text, max);
  if (!value) {
    refuse("field '" + std::string(name) + "' is '" + printable(text, 32) +
           "', not a whole number up to " + std::to_string(max));
  }
  return *value;
}

bool Fields::has(std::string_view name) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const auto& pair) { return pair.first == name; });
}

bool Fields::take_prefixed(std::string_view prefix, std::string& name, std::string& value) {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(),
                               [&](const auto& pair) { return pair.first.starts_with(prefix); });
  if (at == pairs_.end()) return false;
  name = at->first.substr(prefix.size());
  value = std::move(at->second);
  pairs_.erase(at);
  return true;
}

void Fields::expect_empty() const {
  if (!pairs_.empty()) refuse("field '" + pairs_.front().first + "' is not known");
}

}  // namespace workspace
