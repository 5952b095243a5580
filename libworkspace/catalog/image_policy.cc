#include "libworkspace/catalog/image_policy.h"

#include <sys/stat.h>

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/name_pattern.h"

namespace workspace {
namespace {

bool allows_some(const AccessRules& rules) {
  return std::any_of(rules.allow.begin(), rules.allow.end(), [](const auto& list) { return list; });
}

/// When the file was last written; the beginning of time where it is not there, or not to be seen.
UtcTime last_written(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  return UtcTime(std::chrono::seconds(info.st_mtim.tv_sec));
}

}  // namespace

ImagePolicy ImagePolicy::of(const SiteConfig& site) {
  return {site, TrustedKeys::read(site.keys), std::max(utc_now(), last_written(site.audit_log))};
}

std::optional<Approval> ImagePolicy::check_image(const RegisteredImage& image) const {
  check_not_revoked(image, keys_.revocations);
  std::optional<Approval> approval;
  try {
    approval = check_approval(image, keys_, now_);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kDenied || requires_approval_) throw;
  }
  const UtcTime signed_at = approval ? approval->signed_at.value_or(now_) : now_;
  check_not_expired(image, std::max(now_, signed_at));
  return approval;
}

AccessRules ImagePolicy::access_to(const Manifest& manifest) const {
  AccessRules site;
  for (const auto& [pattern, rules] : site_access_) {
    if (!matches_name_pattern(pattern, manifest.name)) continue;
    AccessRules more;
    more.deny = rules.deny;
    if (!allows_some(site)) more.allow = rules.allow;
    site = site.narrowed_by(more);
  }
  return site.narrowed_by(manifest.access);
}

void ImagePolicy::check_access(const Manifest& manifest, const Requester& requester) const {
  const auto refusal = refusal_of(access_to(manifest), requester);
  if (!refusal) return;
  throw Error(ErrorKind::kDenied, "image '" + manifest.name.text() + ":" + manifest.version.text() +
                                      "' is not for you: " + *refusal);
}

}  // namespace workspace
