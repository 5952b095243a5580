#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/manifest_keys.h"

namespace {

/// Whether the reader that goes on behind the first fault finds any.
bool has_faults(std::string_view text) {
  workspace::YamlFaults faults;
  const auto map = workspace::YamlMap::parse(text, "fuzz", faults);
  workspace::manifest_keys::check_known(map);
  map.optional("inherits", [](const std::string&) -> int {
    throw workspace::Error(workspace::ErrorKind::kInvalid, "inherits");
  });
  auto manifest = workspace::manifest_keys::begin(map);
  workspace::manifest_keys::apply(map, "", manifest);
  workspace::manifest_keys::check_complete(map, manifest);
  return !faults.empty();
}

}  // namespace

/// Whatever a manifest holds, it is read or refused; what was read has a canonical text that reads
/// back to itself, since an image's identity is the digest of that text. The reader that tells all
/// faults finds some exactly where the strict one stops.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string canonical;
  try {
    canonical = workspace::format_manifest(workspace::parse_manifest(text, "fuzz"));
  } catch (const workspace::Error&) {
    if (text.size() <= workspace::kMaxManifestBytes && !has_faults(text)) std::abort();
    return 0;
  }
  if (has_faults(text)) std::abort();
  if (workspace::format_manifest(workspace::parse_manifest(canonical, "fuzz")) != canonical) {
    std::abort();
  }
  return 0;
}
