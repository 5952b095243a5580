#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// A SHA-256 digest, written `sha256:` and 64 lower-case hexadecimal digits.
class Digest {
 public:
  using Bytes = std::array<std::uint8_t, 32>;

  explicit Digest(const Bytes& bytes) : bytes_(bytes) {}

  /// Errors: kInvalid.
  static Digest parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;
  /// The name of the file that holds the content with this digest: `sha256-HEX`.
  [[nodiscard]] std::string file_name() const;
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  auto operator<=>(const Digest&) const = default;

 private:
  Bytes bytes_;
};

}  // namespace workspace
