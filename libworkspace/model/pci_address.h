#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// The place of a device of the machine on its PCI buses, as lspci(8) tells it with -D.
struct PciAddress {
  std::uint16_t domain = 0;
  std::uint8_t bus = 0;
  std::uint8_t slot = 0;      ///< at most 31
  std::uint8_t function = 0;  ///< at most 7

  /// Reads `0000:3b:00.0`. Errors: kInvalid.
  static PciAddress parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const PciAddress&) const = default;
};

}  // namespace workspace
