#include "libworkspace/model/size.h"

#include <array>
#include <optional>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::uint64_t kMaxKib = std::uint64_t{1} << 40;  // 1 PiB
constexpr std::uint64_t kKibOfMib = 1024;
constexpr std::uint64_t kDayMs = 24ULL * 60 * 60 * 1000;

/// Splits `12G` into 12 and `G`; nothing without digits in front or when they overflow.
std::optional<std::pair<std::uint64_t, std::string_view>> split_unit(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  return std::pair(*number, digits == std::string_view::npos ? "" : text.substr(digits));
}

}  // namespace

std::uint64_t parse_size_kib(std::string_view text, std::string_view what) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::kInvalid, std::string(what) + " '" + printable(text, 32) + "' " +
                                          std::string(why) +
                                          "; expected a size such as 512M, 20G or 1T");
  };
  const auto parts = split_unit(text);
  if (!parts) throw refuse("is not a size");
  auto [number, unit] = *parts;
  if (unit.size() == 3 && unit.ends_with("iB")) {
    unit.remove_suffix(2);
  } else if (unit.size() == 2 && unit.ends_with("B")) {
    unit.remove_suffix(1);
  }
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 9> kUnits = {
      {{"K", 1},
       {"k", 1},
       {"", kKibOfMib},
       {"M", kKibOfMib},
       {"m", kKibOfMib},
       {"G", 1 << 20},
       {"g", 1 << 20},
       {"T", 1 << 30},
       {"t", 1 << 30}}};
  for (const auto& [name, kib] : kUnits) {
    if (unit != name) continue;
    if (number > kMaxKib / kib) throw refuse("is larger than 1024T");
    return number * kib;
  }
  throw refuse("has an unknown unit");
}

std::uint64_t parse_size_mib(std::string_view text, std::string_view what) {
  return (parse_size_kib(text, what) + kKibOfMib - 1) / kKibOfMib;
}

std::string format_size_mib(std::uint64_t mib) {
  if (mib != 0 && mib % (1 << 20) == 0) return std::to_string(mib >> 20) + "T";
  if (mib != 0 && mib % 1024 == 0) return std::to_string(mib >> 10) + "G";
  return std::to_string(mib) + "M";
}

std::string format_size_kib(std::uint64_t kib) {
  return kib % kKibOfMib == 0 ? format_size_mib(kib / kKibOfMib) : std::to_string(kib) + "K";
}

std::uint64_t parse_duration_ms(std::string_view text, std::string_view what) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::kInvalid, std::string(what) + " '" + printable(text, 32) + "' " +
                                          std::string(why) +
                                          "; expected a time such as 500ms, 60s or 5m");
  };
  const auto parts = split_unit(text);
  if (!parts) throw refuse("is not a time");
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits = {
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  for (const auto& [name, ms] : kUnits) {
    if (parts->second != name) continue;
    if (parts->first > kDayMs / ms) throw refuse("is longer than a day");
    return parts->first * ms;
  }
  throw refuse("has an unknown unit");
}

}  // namespace workspace
