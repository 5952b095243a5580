#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/catalog_index.h"

/// Whatever another site publishes as its index is read or refused; what was read is written as it
/// was, since two indices of one meaning would pass for one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    if (workspace::CatalogIndex::parse(text).to_text() != text) std::abort();
  } catch (const workspace::Error&) {
  }
  return 0;
}
