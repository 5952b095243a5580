#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/minisign.h"
#include "libworkspace/catalog/trusted_keys.h"

namespace {

using workspace::minisign::PublicKey;
using workspace::minisign::SecretKey;
using workspace::minisign::Signature;

/// Reads and writes a text; what it reads to must be written to a text that reads to the same, and
/// a key's or a signature's base64 has one form only.
template <class Read, class Write>
void read_back(std::string_view text, Read read, Write write) {
  std::string written;
  try {
    written = write(read(text));
  } catch (const workspace::Error&) {
    return;
  }
  if (write(read(written)) != written) std::abort();
}

/// Nobody can find a signature by the key of these bytes; one that is said to be right is a fault.
void verify(std::string_view text) {
  try {
    const Signature signature = Signature::parse(text);
    const auto key = PublicKey::parse("RWTSCSlaVVZeL9ROxBMdNSc5TlFN0GBlIS9ngcoG5mvU7Ff0RX3ErrzQ");
    if (!fault_of(signature, key, "content")) std::abort();
  } catch (const workspace::Error&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  verify(text);
  read_back(text, Signature::parse, [](const auto& signature) { return signature.to_text(); });
  read_back(text, PublicKey::parse, [](const auto& key) { return key.to_string(); });
  read_back(text, SecretKey::parse, [](const auto& key) { return key.to_text(); });
  read_back(
      text, [](std::string_view key) { return workspace::parse_trusted_key(key, "site", "fuzz"); },
      workspace::format_trusted_key);
  read_back(
      text, [](std::string_view list) { return workspace::parse_revocations(list, "fuzz"); },
      workspace::format_revocations);
  return 0;
}
