#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libworkspace/model/utc_time.h"

/// Ed25519 signatures in the files of minisign(1) (https://jedisct1.github.io/minisign/), made and
/// checked by libsodium. Of its two forms there is one here: `ED`, which signs the BLAKE2b-512 of
/// the content; the older `Ed` is refused, so that nobody can choose the form for us. minisign.cc
/// is the one owner of libsodium.
namespace workspace::minisign {

inline constexpr std::size_t kMaxFileBytes = 16384;

/// The number that a key pair was given when it was made. It says which key to try and proves
/// nothing.
class KeyId {
 public:
  using Bytes = std::array<std::uint8_t, 8>;
  explicit KeyId(const Bytes& bytes) : bytes_(bytes) {}

  /// 16 hexadecimal digits in upper case, as minisign shows them. Errors: kInvalid.
  static KeyId parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  auto operator<=>(const KeyId&) const = default;

 private:
  Bytes bytes_;
};

struct PublicKey {
  KeyId id;
  std::array<std::uint8_t, 32> key;

  /// The 56 characters of base64 that stand in the second line of minisign's `.pub` file and behind
  /// its option -P. Errors: kInvalid.
  static PublicKey parse(std::string_view base64);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const PublicKey&) const = default;
};

/// A `.minisig` file.
struct Signature {
  KeyId key_id;
  std::array<std::uint8_t, 64> of_content;
  std::string trusted_comment;              ///< one line, signed with of_content
  std::array<std::uint8_t, 64> of_comment;  ///< minisign's "global signature"

  /// Errors: kInvalid for anything but four lines of that form.
  static Signature parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  /// The trusted comment's `timestamp:`, as its signer's clock had it; nothing when there is none.
  [[nodiscard]] std::optional<UtcTime> signed_at() const;
};

/// Whether both signatures are the key's: that of the content and that of the trusted comment. What
/// is wrong otherwise is told as a phrase behind "the signature": `is not …`.
std::optional<std::string> fault_of(const Signature& signature, const PublicKey& key,
                                    std::string_view content);

/// A secret key without a password. It is wiped from memory with the object.
class SecretKey {
 public:
  static SecretKey generate();
  /// The text of minisign's key file. Errors: kInvalid, also for one that a password protects.
  static SecretKey parse(std::string_view text);
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&&) = delete;
  ~SecretKey();

  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] PublicKey public_key() const;
  [[nodiscard]] Signature sign(std::string_view content, const std::string& trusted_comment) const;

 private:
  explicit SecretKey(const KeyId& id) : id_(id) {}
  KeyId id_;
  std::array<std::uint8_t, 64> key_{};  ///< libsodium's form: the seed, then the public key
};

}  // namespace workspace::minisign
