#include "libworkspace/catalog/name_pattern.h"

#include <fnmatch.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

std::string parse_name_pattern(const std::string& text) {
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789._-*?";
  constexpr std::size_t kMaxBytes = 64;
  if (text.empty() || text.size() > kMaxBytes ||
      text.find_first_not_of(kAllowed) != std::string::npos) {
    throw Error(ErrorKind::kInvalid, "'" + printable(text, kMaxBytes) +
                                         "' is not a pattern of image names, such as course-*");
  }
  return text;
}

bool matches_name_pattern(const std::string& pattern, const ImageName& name) {
  return ::fnmatch(pattern.c_str(), name.text().c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace workspace
