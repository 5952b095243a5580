#include "libworkspace/model/digest_place.h"

#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

std::string_view name_of(DigestPlace place) {
  switch (place) {
    case DigestPlace::kAdminComment:
      return "admin_comment";
    case DigestPlace::kComment:
      return "comment";
    case DigestPlace::kNone:
      return "none";
  }
  return "unknown";
}

DigestPlace parse_digest_place(std::string_view text) {
  for (const auto place : {DigestPlace::kAdminComment, DigestPlace::kComment, DigestPlace::kNone})
    if (text == name_of(place)) return place;
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 32) +
                                       "' is no place for the digest; there are admin_comment, "
                                       "comment, none");
}

}  // namespace workspace
