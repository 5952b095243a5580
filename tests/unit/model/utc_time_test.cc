#include "libworkspace/model/utc_time.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StartsWith;

TEST(UtcTime, ReadsDaysAndMoments) {
  EXPECT_EQ(parse_utc_time("1970-01-01", "t").time_since_epoch().count(), 0);
  EXPECT_EQ(parse_utc_time("2026-11-25T01:22:03Z", "t").time_since_epoch().count(), 1795569723);
  EXPECT_EQ(parse_utc_time("2028-02-29", "t"), parse_utc_time("2028-02-29T00:00:00Z", "t"));
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-11-25T01:22:03Z", "9999-12-31T23:59:59Z"})
    EXPECT_EQ(format_utc_time(parse_utc_time(text, "t")), text);
}

TEST(UtcTime, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2026", "2026-1-1", "2026-13-01", "2026-02-29", "1969-12-31", "2026-01-32",
        "2026/01/01", "2026-01-01T", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00",
        "2026-01-01T00:00:00Zx", "+026-01-01", "2026-01-01 00:00:00Z", "10000-01-01"}) {
    SCOPED_TRACE(text);
    expect_error([&] { parse_utc_time(text, "expires"); }, ErrorKind::kInvalid,
                 StartsWith(std::string("expires '") + text + "' is not a time; expected a day"));
  }
}

}  // namespace
}  // namespace workspace
