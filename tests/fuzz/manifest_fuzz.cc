#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/manifest_file.h"

/// Whatever a manifest holds, it is read or refused; what was read has a canonical text that reads
/// back to itself, since an image's identity is the digest of that text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string canonical;
  try {
    canonical = workspace::format_manifest(workspace::parse_manifest(text, "fuzz"));
  } catch (const workspace::Error&) {
    return 0;
  }
  if (workspace::format_manifest(workspace::parse_manifest(canonical, "fuzz")) != canonical) {
    std::abort();
  }
  return 0;
}
