#include "libworkspace/model/utc_time.h"

#include <array>
#include <cstdio>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// Takes digits and the byte behind them from the front of the text.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits, char behind) {
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number || text.size() <= digits || text[digits] != behind) return std::nullopt;
  text.remove_prefix(digits + 1);
  return static_cast<unsigned>(*number);
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4, '-');
  const auto month = take_number(text, 2, '-');
  const auto day = take_number(text, 2, 'T');
  if (!year || !month || !day || *year < 1970) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return date;
}

std::optional<std::chrono::seconds> take_time_of_day(std::string_view& text) {
  const auto hour = take_number(text, 2, ':');
  const auto minute = take_number(text, 2, ':');
  const auto second = take_number(text, 2, 'Z');
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

}  // namespace

UtcTime parse_utc_time(std::string_view text, std::string_view what) {
  constexpr std::size_t kDateBytes = 10;
  std::string whole(text);
  if (text.size() == kDateBytes) whole += "T00:00:00Z";
  std::string_view rest = whole;
  const auto date = take_date(rest);
  const auto time = date ? take_time_of_day(rest) : std::nullopt;
  if (!time || !rest.empty()) {
    throw Error(ErrorKind::kInvalid, std::string(what) + " '" + printable(text, 40) +
                                         "' is not a time; expected a day such as 2027-01-31, or "
                                         "2027-01-31T12:00:00Z");
  }
  return *date + *time;
}

std::string format_utc_time(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::uint64_t unix_now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace workspace
