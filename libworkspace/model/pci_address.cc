#include "libworkspace/model/pci_address.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// Exactly so many lower-case hexadecimal digits, at most `most`.
std::optional<unsigned> parse_hex(std::string_view text, std::size_t digits, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  const bool lower = text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (text.size() != digits || !whole || !lower || value > most) return std::nullopt;
  return value;
}

}  // namespace

PciAddress PciAddress::parse(std::string_view text) {
  constexpr std::size_t kLength = 12;
  if (text.size() == kLength && text[4] == ':' && text[7] == ':' && text[10] == '.') {
    const auto domain = parse_hex(text.substr(0, 4), 4, 0xffff);
    const auto bus = parse_hex(text.substr(5, 2), 2, 0xff);
    const auto slot = parse_hex(text.substr(8, 2), 2, 31);
    const auto function = parse_hex(text.substr(11), 1, 7);
    if (domain && bus && slot && function)
      return {static_cast<std::uint16_t>(*domain), static_cast<std::uint8_t>(*bus),
              static_cast<std::uint8_t>(*slot), static_cast<std::uint8_t>(*function)};
  }
  throw Error(ErrorKind::kInvalid,
              "'" + printable(text, 64) + "' is no PCI address such as 0000:3b:00.0");
}

std::string PciAddress::to_string() const {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04x:%02x:%02x.%x", unsigned{domain}, unsigned{bus},
                unsigned{slot}, unsigned{function});
  return text.data();
}

}  // namespace workspace
