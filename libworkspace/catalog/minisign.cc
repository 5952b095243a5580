#include "libworkspace/catalog/minisign.h"

#include <sodium.h>

#include <algorithm>
#include <span>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::minisign {
namespace {

using Hash = std::array<std::uint8_t, crypto_generichash_BYTES_MAX>;

constexpr std::string_view kUntrustedPrefix = "untrusted comment: ";
constexpr std::string_view kTrustedPrefix = "trusted comment: ";
/// Of a key, and of a signature whose content was hashed first.
constexpr std::string_view kKeyAlgorithm = "Ed";
constexpr std::string_view kHashedAlgorithm = "ED";
constexpr std::size_t kAlgorithmBytes = 2;
/// Of a secret key: no derivation, BLAKE2b's checksum, and the salt and two limits of a derivation.
constexpr std::string_view kNoDerivation("\0\0", 2);
constexpr std::string_view kChecksum = "B2";
constexpr std::size_t kDerivationBytes = 32 + 8 + 8;
constexpr std::size_t kChecksumBytes = 32;

Error invalid(const std::string& why) { return {ErrorKind::kInvalid, why}; }

void prepare() {
  // Returns 1 when it was done before; safe to call from any thread.
  if (::sodium_init() < 0) throw Error(ErrorKind::kHost, "libsodium does not start");
}

/// Takes bytes apart in the order in which they stand.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <std::size_t kSize>
  std::array<std::uint8_t, kSize> take() {
    std::array<std::uint8_t, kSize> part{};
    std::copy_n(bytes_.begin(), kSize, part.begin());
    bytes_ = bytes_.subspan(kSize);
    return part;
  }
  std::string take_text(std::size_t size) {
    std::string text(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    bytes_ = bytes_.subspan(size);
    return text;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

template <class Part>
void append(std::vector<std::uint8_t>& bytes, const Part& part) {
  bytes.insert(bytes.end(), part.begin(), part.end());
}

std::string encode(const std::vector<std::uint8_t>& bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

/// The one form of base64, with its padding, of so many bytes and nothing else.
std::vector<std::uint8_t> decode(std::string_view text, std::size_t size, const std::string& what) {
  std::vector<std::uint8_t> bytes(size + 1);
  std::size_t got = 0;
  const char* end = nullptr;
  const int error = ::sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(),
                                        nullptr, &got, &end, sodium_base64_VARIANT_ORIGINAL);
  if (error != 0 || got != size || end != text.data() + text.size())
    throw invalid(what + " is not the base64 of " + std::to_string(size) + " bytes");
  bytes.resize(size);
  return bytes;
}

/// The lines of a text, each ended by a newline; the last one's may be missing.
std::vector<std::string> lines_of(std::string_view text, std::size_t count,
                                  const std::string& what) {
  if (text.size() > kMaxFileBytes)
    throw invalid(what + " has at most " + std::to_string(kMaxFileBytes) + " bytes");
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto lines = split(text, '\n');
  if (lines.size() != count)
    throw invalid(what + " has " + std::to_string(count) + " lines, not " +
                  std::to_string(lines.size()));
  if (!lines[0].starts_with(kUntrustedPrefix))
    throw invalid("line 1 does not begin with '" + std::string(kUntrustedPrefix) + "'");
  return lines;
}

const std::uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

Hash hash_of(std::string_view content) {
  Hash hash{};
  ::crypto_generichash(hash.data(), hash.size(), as_bytes(content), content.size(), nullptr, 0);
  return hash;
}

/// What the second signature is of.
std::vector<std::uint8_t> signed_comment(const Signature& signature) {
  std::vector<std::uint8_t> bytes;
  append(bytes, signature.of_content);
  append(bytes, signature.trusted_comment);
  return bytes;
}

bool is_comment(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
  });
}

}  // namespace

KeyId KeyId::parse(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  const auto bytes = from_hex(lower);
  Bytes id{};
  if (!bytes || bytes->size() != id.size()) {
    throw invalid("'" + printable(text, 32) +
                  "' is not the id of a key; expected 16 hexadecimal digits");
  }
  // minisign shows the number, whose lowest byte comes first in its files.
  std::reverse_copy(bytes->begin(), bytes->end(), id.begin());
  return KeyId(id);
}

std::string KeyId::to_string() const {
  Bytes highest_first = bytes_;
  std::reverse(highest_first.begin(), highest_first.end());
  std::string text = to_hex(highest_first);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  return text;
}

PublicKey PublicKey::parse(std::string_view base64) {
  const auto bytes = decode(base64, kAlgorithmBytes + 8 + 32, "the public key");
  Reader reader(bytes);
  if (reader.take_text(kAlgorithmBytes) != kKeyAlgorithm)
    throw invalid("the public key is not an Ed25519 key of minisign's");
  const KeyId id(reader.take<8>());
  return {id, reader.take<32>()};
}

std::string PublicKey::to_string() const {
  std::vector<std::uint8_t> bytes;
  append(bytes, kKeyAlgorithm);
  append(bytes, id.bytes());
  append(bytes, key);
  return encode(bytes);
}

Signature Signature::parse(std::string_view text) {
  const auto lines = lines_of(text, 4, "a signature");
  const auto content = decode(lines[1], kAlgorithmBytes + 8 + 64, "line 2");
  Reader reader(content);
  const std::string algorithm = reader.take_text(kAlgorithmBytes);
  if (algorithm == kKeyAlgorithm)
    throw invalid("it is of minisign's older form, which is not accepted; sign without -l");
  if (algorithm != kHashedAlgorithm) throw invalid("line 2 names no known algorithm");
  const KeyId id(reader.take<8>());
  const auto of_content = reader.take<64>();
  if (!lines[2].starts_with(kTrustedPrefix))
    throw invalid("line 3 does not begin with '" + std::string(kTrustedPrefix) + "'");
  std::string comment = lines[2].substr(kTrustedPrefix.size());
  if (!is_comment(comment)) throw invalid("line 3 has a control byte");
  const auto of_comment = decode(lines[3], 64, "line 4");
  return {id, of_content, std::move(comment), Reader(of_comment).take<64>()};
}

std::string Signature::to_text() const {
  std::vector<std::uint8_t> content;
  append(content, kHashedAlgorithm);
  append(content, key_id.bytes());
  append(content, of_content);
  return std::string(kUntrustedPrefix) + "signature by the key " + key_id.to_string() + "\n" +
         encode(content) + "\n" + std::string(kTrustedPrefix) + trusted_comment + "\n" +
         encode({of_comment.begin(), of_comment.end()}) + "\n";
}

std::optional<UtcTime> Signature::signed_at() const {
  constexpr std::string_view kName = "timestamp:";
  // The year 9999 ends there.
  constexpr std::uint64_t kMaxSeconds = 253402300799;
  for (const auto& part : split(trusted_comment, '\t')) {
    if (!part.starts_with(kName)) continue;
    const auto seconds = parse_decimal(std::string_view(part).substr(kName.size()), kMaxSeconds);
    if (seconds) return UtcTime(std::chrono::seconds(*seconds));
  }
  return std::nullopt;
}

std::optional<std::string> fault_of(const Signature& signature, const PublicKey& key,
                                    std::string_view content) {
  prepare();
  const auto is_signed = [&](const auto& signature_bytes, const auto& bytes) {
    return ::crypto_sign_verify_detached(signature_bytes.data(), bytes.data(), bytes.size(),
                                         key.key.data()) == 0;
  };
  if (!is_signed(signature.of_content, hash_of(content)))
    return "is not one of this content by that key";
  if (!is_signed(signature.of_comment, signed_comment(signature)))
    return "has a trusted comment that was changed";
  return std::nullopt;
}

SecretKey::SecretKey(SecretKey&& other) noexcept : id_(other.id_), key_(other.key_) {
  ::sodium_memzero(other.key_.data(), other.key_.size());
}

SecretKey::~SecretKey() { ::sodium_memzero(key_.data(), key_.size()); }

SecretKey SecretKey::generate() {
  prepare();
  KeyId::Bytes id{};
  ::randombytes_buf(id.data(), id.size());
  SecretKey secret{KeyId(id)};
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_part{};
  ::crypto_sign_keypair(public_part.data(), secret.key_.data());
  return secret;
}

SecretKey SecretKey::parse(std::string_view text) {
  prepare();
  const auto lines = lines_of(text, 2, "a secret key");
  auto bytes =
      decode(lines[1], 3 * kAlgorithmBytes + kDerivationBytes + 8 + 64 + kChecksumBytes, "line 2");
  Reader reader(bytes);
  if (reader.take_text(kAlgorithmBytes) != kKeyAlgorithm)
    throw invalid("it is not an Ed25519 key of minisign's");
  if (reader.take_text(kAlgorithmBytes) != kNoDerivation) {
    throw invalid(
        "a password protects it; sign the manifest with `minisign -S` and give the result by "
        "--signature");
  }
  (void)reader.take<kAlgorithmBytes + kDerivationBytes>();
  SecretKey secret(KeyId(reader.take<8>()));
  secret.key_ = reader.take<64>();
  ::sodium_memzero(bytes.data(), bytes.size());
  // The public half is kept beside the seed. Signing with one that is not its own gives the seed
  // away.
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_part{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> expected{};
  ::crypto_sign_seed_keypair(public_part.data(), expected.data(), secret.key_.data());
  const bool matches = ::sodium_memcmp(expected.data(), secret.key_.data(), expected.size()) == 0;
  ::sodium_memzero(expected.data(), expected.size());
  if (!matches) throw invalid("its two halves do not belong together");
  return secret;
}

std::string SecretKey::to_text() const {
  std::vector<std::uint8_t> bytes;
  append(bytes, kKeyAlgorithm);
  append(bytes, kNoDerivation);
  append(bytes, kChecksum);
  append(bytes, std::array<std::uint8_t, kDerivationBytes>{});
  append(bytes, id_.bytes());
  append(bytes, key_);
  append(bytes, std::array<std::uint8_t, kChecksumBytes>{});
  std::string text =
      std::string(kUntrustedPrefix) + "secret key " + id_.to_string() + "\n" + encode(bytes) + "\n";
  ::sodium_memzero(bytes.data(), bytes.size());
  return text;
}

PublicKey SecretKey::public_key() const {
  PublicKey result{id_, {}};
  ::crypto_sign_ed25519_sk_to_pk(result.key.data(), key_.data());
  return result;
}

Signature SecretKey::sign(std::string_view content, const std::string& trusted_comment) const {
  if (!is_comment(trusted_comment)) throw invalid("the trusted comment has a control byte");
  const auto sign_bytes = [&](const auto& bytes) {
    std::array<std::uint8_t, 64> signature{};
    ::crypto_sign_detached(signature.data(), nullptr, bytes.data(), bytes.size(), key_.data());
    return signature;
  };
  Signature signature{id_, sign_bytes(hash_of(content)), trusted_comment, {}};
  signature.of_comment = sign_bytes(signed_comment(signature));
  return signature;
}

}  // namespace workspace::minisign
