#include "libworkspace/model/variable_names.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxNames = 64;
constexpr std::string_view kFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kRest =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

bool is_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

void check_variable_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || !is_of(name.substr(0, 1), kFirst) ||
      !is_of(name, kRest)) {
    throw Error(ErrorKind::kInvalid, "'" + printable(name, 64) +
                                         "' is not the name of a variable; allowed are letters, "
                                         "digits and '_', no digit first");
  }
}

std::vector<std::string> parse_variable_names(std::string_view text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (auto& name : split(text, ',')) {
    check_variable_name(name);
    if (std::find(names.begin(), names.end(), name) != names.end())
      throw Error(ErrorKind::kInvalid, "the variable " + name + " is named twice");
    names.push_back(std::move(name));
  }
  if (names.size() > kMaxNames) {
    throw Error(ErrorKind::kExceeded, std::to_string(names.size()) +
                                          " variables are named; at most " +
                                          std::to_string(kMaxNames) + " are allowed");
  }
  return names;
}

}  // namespace workspace
