#pragma once

#include <string_view>

namespace workspace {

/// Which field of a job's record in Slurm, and so of its accounting, shows the job's image and its
/// digest.
enum class DigestPlace {
  kAdminComment,  ///< which only administrators can change
  kComment,       ///< which the user can change too
  kNone,
};

std::string_view name_of(DigestPlace place);

/// `admin_comment`, `comment` or `none`. Errors: kInvalid.
DigestPlace parse_digest_place(std::string_view text);

}  // namespace workspace
