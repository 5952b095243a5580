#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/minisign.h"
#include "libworkspace/catalog/trusted_keys.h"
#include "tests/fuzz/read_back.h"

namespace {

using workspace::fuzz::read_back;
using workspace::minisign::PublicKey;
using workspace::minisign::SecretKey;
using workspace::minisign::Signature;

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
