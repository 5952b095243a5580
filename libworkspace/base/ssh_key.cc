#include "libworkspace/base/ssh_key.h"

#include <openssl/evp.h>

#include <cstdint>
#include <memory>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::string_view kType = "ssh-ed25519";
constexpr std::size_t kKeyBytes = 32;

void put_u32(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift & 0xff);
}

void put_string(std::string& out, std::string_view value) {
  put_u32(out, static_cast<std::uint32_t>(value.size()));
  out += value;
}

std::string public_half(const Sha256::Bytes& seed) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
      &EVP_PKEY_free);
  std::string bytes(kKeyBytes, '\0');
  std::size_t size = bytes.size();
  if (!key ||
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<std::uint8_t*>(bytes.data()),
                                  &size) != 1 ||
      size != bytes.size())
    throw Error(ErrorKind::kHost, "libcrypto makes no Ed25519 key");
  return bytes;
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()),
                                     reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// As ssh-keygen(1) breaks them.
std::string in_lines(const std::string& text) {
  constexpr std::size_t kColumns = 70;
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += kColumns)
    lines += text.substr(at, kColumns) + "\n";
  return lines;
}

/// The part that a passphrase would encrypt; without one the "cipher" still has blocks of 8 bytes.
std::string secret_part(const std::string& seed, const std::string& half,
                        std::string_view comment) {
  constexpr std::size_t kBlockBytes = 8;
  constexpr std::uint32_t kCheck = 0x77777777;  // twice the same: decryption succeeded
  std::string part;
  put_u32(part, kCheck);
  put_u32(part, kCheck);
  put_string(part, kType);
  put_string(part, half);
  put_string(part, seed + half);
  put_string(part, comment);
  for (char pad = 1; part.size() % kBlockBytes != 0; ++pad) part += pad;
  return part;
}

}  // namespace

SshKey ssh_key_from_seed(const Sha256::Bytes& seed, std::string_view comment) {
  const std::string half = public_half(seed);
  std::string public_blob;
  put_string(public_blob, kType);
  put_string(public_blob, half);

  std::string blob("openssh-key-v1\0", 15);
  put_string(blob, "none");  // cipher
  put_string(blob, "none");  // key derivation
  put_string(blob, "");      // its options
  put_u32(blob, 1);          // one key
  put_string(blob, public_blob);
  put_string(blob, secret_part(std::string(seed.begin(), seed.end()), half, comment));
  return {"-----BEGIN OPENSSH PRIVATE KEY-----\n" + in_lines(base64(blob)) +
              "-----END OPENSSH PRIVATE KEY-----\n",
          std::string(kType) + " " + base64(public_blob)};
}

}  // namespace workspace
