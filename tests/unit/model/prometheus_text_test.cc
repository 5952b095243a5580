#include "libworkspace/model/prometheus_text.h"

#include <gtest/gtest.h>

namespace workspace {
namespace {

TEST(PrometheusText, EscapesWhatALabelMayHold) {
  PrometheusText text;
  text.family("a_total", "counter", "Some help.")
      .sample("a_total", {{"image", "x\"y\\z\nw"}, {"uid", "7"}}, 3)
      .seconds("a_total", {}, 60'001);
  EXPECT_EQ(text.text(),
            "# HELP a_total Some help.\n# TYPE a_total counter\n"
            "a_total{image=\"x\\\"y\\\\z\\nw\",uid=\"7\"} 3\na_total 60.001\n");
}

TEST(PrometheusText, TellsSecondsToTheMillisecond) {
  EXPECT_EQ(format_seconds(0), "0.000");
  EXPECT_EQ(format_seconds(5), "0.005");
  EXPECT_EQ(format_seconds(12'345), "12.345");
  EXPECT_EQ(format_seconds(UINT64_MAX), "18446744073709551.615");
}

}  // namespace
}  // namespace workspace
