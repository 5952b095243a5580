#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

namespace workspace::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JobReport some_report() {
  JobReport report(JobId(42));
  report.uid = 1000;
  report.node = "node1";
  report.image = "tiny:1";
  report.outcome = "ran";
  report.vcpus = 2;
  report.memory_mib = 336;
  report.disk_mib = 2048;
  report.start_unix_ms = 1'000'000'000'000;
  report.ready_unix_ms = 1'000'000'004'000;
  report.end_unix_ms = 1'000'000'064'000;
  report.boot_steps_ms = {{"stage", 7}, {"boot", 3900}};
  report.teardown_steps_ms = {{"domain", 200}, {"disk", 5}};
  report.usage.cpu_time_ms = 12'345;
  report.usage.disk_read_bytes = 3 << 20;
  return report;
}

TEST(Report, IsReadByPeople) {
  const std::string text = report_text(some_report());
  EXPECT_THAT(text, HasSubstr("started           2001-09-09T01:46:40Z\n"));
  EXPECT_THAT(text, HasSubstr("boot              3907 ms\n  stage           7 ms\n"));
  EXPECT_THAT(text, HasSubstr("run               60000 ms\n"));
  EXPECT_THAT(text, HasSubstr("teardown          205 ms\n"));
  EXPECT_THAT(text, HasSubstr("CPU time          12345 ms\nmemory peak       not known\n"));
  EXPECT_THAT(text, HasSubstr("disk read         3.0 MiB\n"));
  EXPECT_THAT(text, Not(HasSubstr("reason")));
}

TEST(Report, IsReadByPrograms) {
  const std::string json = reports_json(std::vector{some_report()});
  EXPECT_THAT(
      json,
      HasSubstr(R"("boot_ms": 3907, "run_ms": 60000, "suspended_ms": 0, "teardown_ms": 205)"));
  EXPECT_THAT(json, HasSubstr(R"("boot_steps": [{"name": "stage", "ms": 7},)"));
  EXPECT_THAT(json, HasSubstr(R"("usage": {"cpu_time_ms": 12345, "disk_read_bytes": 3145728})"));
}

TEST(Report, IsAPicture) {
  JobReport other = some_report();
  other.node = "<node> & \"more\"";
  const std::string svg = reports_svg(std::vector{some_report(), other});
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(svg.c_str()));
  const auto root = document.child("svg");
  // The ground, and of each node two steps, the run, two steps.
  EXPECT_EQ(std::distance(root.children("rect").begin(), root.children("rect").end()), 11);
  std::string words;
  for (const auto& text : root.children("text")) words += std::string(text.text().get()) + "\n";
  EXPECT_THAT(words, HasSubstr("boot: boot\n3.900 s\nrun\n60.000 s\nteardown: domain\n0.200 s\n"));
  EXPECT_THAT(words, HasSubstr("job 42 on <node> & \"more\": tiny:1, ran\n"));
  for (const auto& bar : root.children("rect"))
    EXPECT_LE(bar.attribute("x").as_int() + bar.attribute("width").as_int(), 900);
}

TEST(Report, OfAJobOfNoLengthIsAPictureToo) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(reports_svg(std::vector{JobReport(JobId(1))}).c_str()));
}

}  // namespace
}  // namespace workspace::cli
