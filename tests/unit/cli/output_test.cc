#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/json.h"

namespace workspace::cli {
namespace {

TEST(Output, TablesAlignTheirColumns) {
  EXPECT_EQ(format_table({{"IMAGE", "NEEDS", "DESCRIPTION"},
                          {"legacy-bullseye", "1 CPU", "Debian 11"},
                          {"für", "2 CPUs", ""}}),
            "IMAGE            NEEDS   DESCRIPTION\n"
            "legacy-bullseye  1 CPU   Debian 11\n"
            "für              2 CPUs\n");
}

TEST(Output, BytesAreForPeople) {
  struct Case {
    std::uint64_t bytes;
    const char* text;
  };
  for (const auto& [bytes, text] :
       {Case{0, "0 B"}, Case{1023, "1023 B"}, Case{1024, "1.0 KiB"}, Case{1536, "1.5 KiB"},
        Case{102'000'000, "97.3 MiB"}, Case{std::uint64_t{8} << 30, "8.0 GiB"},
        Case{std::uint64_t{5000} << 40, "5000.0 TiB"}}) {
    EXPECT_EQ(format_bytes(bytes), text);
  }
}

TEST(Output, TimesAreUtc) {
  EXPECT_EQ(format_time(std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000))),
            "2023-11-14T22:13:20Z");
}

TEST(Json, SeparatesAndEscapes) {
  Json json;
  json.begin_object().field("text", "a\"b\\c\n\x7f für").field("number", std::uint64_t{7});
  json.field("yes", true).begin_array("list").begin_object().field("a", "").end_object();
  json.begin_object().end_object().end_array().begin_object("inner").end_object().end_object();
  EXPECT_EQ(json.text(),
            "{\"text\": \"a\\\"b\\\\c\\u000a\\u007f für\", \"number\": 7, \"yes\": true, "
            "\"list\": [{\"a\": \"\"}, {}], \"inner\": {}}\n");
}

}  // namespace
}  // namespace workspace::cli
