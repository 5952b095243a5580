#include "libworkspace/model/size.h"

#include <array>
#include <optional>
#include <utility>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::uint64_t kMaxMib = std::uint64_t{1} << 30;  // 1 PiB
constexpr std::uint64_t kDayMs = 24ULL * 60 * 60 * 1000;

/// Splits `12G` into 12 and `G`; nothing without digits in front or when they overflow.
std::optional<std::pair<std::uint64_t, std::string_view>> split_unit(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  return std::pair(*number, digits == std::string_view::npos ? "" : text.substr(digits));
}

}  // namespace

std::uint64_t parse_size_mib(std::string_view text, std::string_view what) {
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
  if (unit == "K" || unit == "k") {
    const std::uint64_t mib = number / 1024 + (number % 1024 != 0 ? 1 : 0);
    if (mib > kMaxMib) throw refuse("is larger than 1024T");
    return mib;
  }
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 7> kUnits = {
      {{"", 1}, {"M", 1}, {"m", 1}, {"G", 1024}, {"g", 1024}, {"T", 1 << 20}, {"t", 1 << 20}}};
  for (const auto& [name, mib] : kUnits) {
    if (unit != name) continue;
    if (number > kMaxMib / mib) throw refuse("is larger than 1024T");
    return number * mib;
  }
  throw refuse("has an unknown unit");
}

std::string format_size_mib(std::uint64_t mib) {
  if (mib != 0 && mib % (1 << 20) == 0) return std::to_string(mib >> 20) + "T";
  if (mib != 0 && mib % 1024 == 0) return std::to_string(mib >> 10) + "G";
  return std::to_string(mib) + "M";
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
