#pragma once

#include <string>
#include <vector>

#include "libworkspace/image/tree_listing.h"

namespace workspace::cli {

/// One thing in which two images differ: `+` is in the second alone, `-` in the first alone, `~` in
/// both and not the same.
struct Difference {
  char sign = '~';
  std::string name;    ///< a package's, or a file's path
  std::string detail;  ///< its version or versions; what of the file differs
};

std::vector<Difference> package_differences(const TreeListing& a, const TreeListing& b);

/// Times are not compared: a file that was only installed anew is the same file.
std::vector<Difference> file_differences(const TreeListing& a, const TreeListing& b);

}  // namespace workspace::cli
