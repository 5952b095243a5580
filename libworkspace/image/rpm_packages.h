#pragma once

#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/tree_listing.h"

namespace workspace {

/// The packages in an image's RPM database, read by this machine's rpm without rights (sandbox.h):
/// `file` is a work file (make_work_file) of `work_folder`, `name` what the database is called in
/// the image, rpmdb.sqlite or Packages (Berkeley DB). Errors: kHost, such as when rpm is not
/// installed or cannot read it; kTimeout.
std::vector<ListedPackage> rpm_packages(const UniqueFd& file, const std::string& name,
                                        const std::string& work_folder, Deadline deadline);

/// The packages in what rpm has printed: a name, a tab and a version in each line. What is
/// malformed is passed over.
std::vector<ListedPackage> parse_rpm_packages(std::string_view lines);

}  // namespace workspace
