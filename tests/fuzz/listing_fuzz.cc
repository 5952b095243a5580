#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/image/package_databases.h"
#include "libworkspace/image/rpm_packages.h"
#include "libworkspace/image/tree_listing.h"

namespace {

void check_packages(const std::vector<workspace::ListedPackage>& packages) {
  for (const auto& package : packages)
    if (package.name.empty()) std::abort();
}

}  // namespace

/// What an image says of itself, and what the process without rights that reads it says of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_packages(workspace::dpkg_packages(text));
  check_packages(workspace::apk_packages(text));
  (void)workspace::parse_os_release(text);
  try {
    check_packages(workspace::parse_rpm_packages(text));
  } catch (const workspace::Error&) {
  }
  try {
    (void)workspace::parse_listing(text);
  } catch (const workspace::Error&) {
  }
  return 0;
}
