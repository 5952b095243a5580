#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// What a rule may go by. The first two are known of whoever submits, the others of a job alone.
enum class AccessBy { kUsers, kGroups, kAccounts, kPartitions, kQos };

inline constexpr std::array kAccessKinds = {AccessBy::kUsers, AccessBy::kGroups,
                                            AccessBy::kAccounts, AccessBy::kPartitions,
                                            AccessBy::kQos};

/// `users`, `groups`, …: as the keys of the YAML files.
std::string_view name_of(AccessBy by);

/// A name of each kind for each of its values. A job has one user, one account, and so on, and one
/// or more groups.
template <class Value>
using ByAccess = std::array<Value, kAccessKinds.size()>;

template <class Values>
auto& at(Values& values, AccessBy by) {
  return values[static_cast<std::size_t>(by)];
}

using AccessNames = std::vector<std::string>;

/// Who may use an image. Each list of `allow` that is there must hold the job's name of its kind;
/// a name in a list of `deny` refuses whatever else holds.
struct AccessRules {
  ByAccess<std::optional<AccessNames>> allow;
  ByAccess<AccessNames> deny;

  /// True if these rules refuse nobody.
  [[nodiscard]] bool is_open() const;
  /// Whom both let pass.
  [[nodiscard]] AccessRules narrowed_by(const AccessRules& other) const;
  bool operator==(const AccessRules&) const = default;
};

/// The names of a job, or of a user who has not submitted it yet: what is not known then is not
/// judged.
using Requester = ByAccess<std::optional<AccessNames>>;

/// Why the rules refuse, as a phrase for the user; nothing when they let pass.
std::optional<std::string> refusal_of(const AccessRules& rules, const Requester& requester);

/// What the rules are, in a line such as `groups lab, course; not users guest`; `everybody` for
/// open ones.
std::string describe(const AccessRules& rules);

/// One name in a list. Errors: kInvalid.
std::string parse_access_name(const std::string& text);

}  // namespace workspace
