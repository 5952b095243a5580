#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/image/tree_listing.h"

namespace workspace {

/// The installed packages in dpkg's `/var/lib/dpkg/status`. What is malformed is passed over.
std::vector<ListedPackage> dpkg_packages(std::string_view status);

/// The packages in apk's `/lib/apk/db/installed`.
std::vector<ListedPackage> apk_packages(std::string_view installed);

/// The names and values of an os-release(5), quotes taken off.
std::map<std::string, std::string> parse_os_release(std::string_view text);

}  // namespace workspace
