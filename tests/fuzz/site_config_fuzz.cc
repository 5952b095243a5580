#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/site_config_file.h"
#include "libworkspace/image/left_out.h"

/// Whatever the site's configuration holds, it is read or refused, and the reader that tells all
/// faults finds some exactly where the strict one stops. The other file that an admin writes, of
/// what an import leaves out, is read or refused, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  workspace::YamlFaults faults;
  (void)workspace::check_site_config(text, "fuzz", faults);
  try {
    (void)workspace::parse_site_config(text, "fuzz");
    if (!faults.empty()) std::abort();
  } catch (const workspace::Error&) {
    if (faults.empty()) std::abort();
  }
  try {
    const auto left_out = workspace::LeftOut::parse(text, "fuzz");
    (void)left_out.matches("usr/share/doc");
  } catch (const workspace::Error&) {
    return 0;
  }
  return 0;
}
