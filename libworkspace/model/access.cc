#include "libworkspace/model/access.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxNameBytes = 128;

/// How a message calls the job's own names of a kind.
std::string_view singular_of(AccessBy by) {
  switch (by) {
    case AccessBy::kUsers:
      return "user";
    case AccessBy::kGroups:
      return "group";
    case AccessBy::kAccounts:
      return "account";
    case AccessBy::kPartitions:
      return "partition";
    case AccessBy::kQos:
      return "QOS";
  }
  return "name";
}

bool holds(const AccessNames& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

AccessNames in_both(const AccessNames& a, const AccessNames& b) {
  AccessNames both;
  std::copy_if(a.begin(), a.end(), std::back_inserter(both),
               [&](const auto& name) { return holds(b, name); });
  return both;
}

/// `account 'a'`, or `no account` for a job that has none.
std::string own_names(AccessBy by, const AccessNames& own) {
  const std::string kind(singular_of(by));
  if (own.empty()) return "no " + kind;
  return kind + (own.size() > 1 ? "s '" : " '") + join(own, "', '") + "'";
}

}  // namespace

std::string_view name_of(AccessBy by) {
  switch (by) {
    case AccessBy::kUsers:
      return "users";
    case AccessBy::kGroups:
      return "groups";
    case AccessBy::kAccounts:
      return "accounts";
    case AccessBy::kPartitions:
      return "partitions";
    case AccessBy::kQos:
      return "qos";
  }
  return "unknown";
}

bool AccessRules::is_open() const {
  return std::none_of(allow.begin(), allow.end(), [](const auto& list) { return list; }) &&
         std::all_of(deny.begin(), deny.end(), [](const auto& list) { return list.empty(); });
}

AccessRules AccessRules::narrowed_by(const AccessRules& other) const {
  AccessRules rules = *this;
  for (const AccessBy by : kAccessKinds) {
    const auto& theirs = at(other.allow, by);
    auto& ours = at(rules.allow, by);
    if (ours && theirs)
      ours = in_both(*ours, *theirs);
    else if (theirs)
      ours = theirs;
    for (const auto& name : at(other.deny, by)) {
      auto& denied = at(rules.deny, by);
      if (!holds(denied, name)) denied.push_back(name);
    }
  }
  return rules;
}

std::optional<std::string> refusal_of(const AccessRules& rules, const Requester& requester) {
  for (const AccessBy by : kAccessKinds) {
    const auto& own = at(requester, by);
    if (!own) continue;
    for (const auto& name : *own) {
      if (holds(at(rules.deny, by), name))
        return std::string(singular_of(by)) + " '" + name + "' is denied";
    }
  }
  for (const AccessBy by : kAccessKinds) {
    const auto& own = at(requester, by);
    const auto& allowed = at(rules.allow, by);
    if (!own || !allowed || !in_both(*own, *allowed).empty()) continue;
    return "of " + std::string(name_of(by)) + " it is for " +
           (allowed->empty() ? "none" : join(*allowed, ", ")) + "; you have " + own_names(by, *own);
  }
  return std::nullopt;
}

std::string describe(const AccessRules& rules) {
  AccessNames parts;
  for (const AccessBy by : kAccessKinds) {
    const auto& list = at(rules.allow, by);
    if (!list) continue;
    parts.push_back(std::string(name_of(by)) + " " +
                    (list->empty() ? "(none)" : join(*list, ", ")));
  }
  if (parts.empty()) parts.emplace_back("everybody");
  for (const AccessBy by : kAccessKinds) {
    const auto& list = at(rules.deny, by);
    if (!list.empty()) parts.push_back("not " + std::string(name_of(by)) + " " + join(list, ", "));
  }
  return join(parts, "; ");
}

std::string parse_access_name(const std::string& text) {
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != ',';
  });
  if (text.empty() || text.size() > kMaxNameBytes || !clean) {
    throw Error(ErrorKind::kInvalid, "'" + printable(text, kMaxNameBytes) +
                                         "' is not a name; expected at most " +
                                         std::to_string(kMaxNameBytes) + " bytes without a ','");
  }
  return text;
}

}  // namespace workspace
