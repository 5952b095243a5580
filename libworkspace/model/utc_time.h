#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// A moment of the calendar, to the second. What it is compared with is the node's clock, which may
/// be wrong.
using UtcTime = std::chrono::sys_seconds;

/// Reads `2027-01-31` (its first moment) or `2027-01-31T12:00:00Z` (RFC 3339, UTC alone), within
/// the years 1970 to 9999. Errors: kInvalid, naming `what`.
UtcTime parse_utc_time(std::string_view text, std::string_view what);

/// `2027-01-31T12:00:00Z`.
std::string format_utc_time(UtcTime time);

/// The node's clock.
UtcTime utc_now();
/// The same in milliseconds since 1970.
std::uint64_t unix_now_ms();

}  // namespace workspace
