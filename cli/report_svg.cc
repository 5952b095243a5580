#include <algorithm>
#include <string>
#include <string_view>

#include "cli/report.h"

namespace workspace::cli {
namespace {

constexpr std::uint64_t kWidthPx = 900;
constexpr std::uint64_t kRowPx = 18;
constexpr std::uint64_t kLabelPx = 170;
constexpr std::uint64_t kBarsPx = kWidthPx - kLabelPx - 110;

constexpr std::string_view kBootColour = "#4878a8";
constexpr std::string_view kRunColour = "#6aa84f";
constexpr std::string_view kTeardownColour = "#b45f3c";

/// Names of images and nodes have no such characters; a report might.
std::string escape(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return safe;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

/// `1.234 s`
std::string seconds(std::uint64_t ms) {
  std::string digits = number(ms % 1000);
  digits.insert(0, 3 - digits.size(), '0');
  return number(ms / 1000) + "." + digits + " s";
}

/// Rows of bars on one scale of time, one below the other.
class Timeline {
 public:
  explicit Timeline(std::uint64_t whole_ms) : whole_ms_(std::max<std::uint64_t>(whole_ms, 1)) {}

  void add_title(const std::string& title) {
    text(4, title, " font-weight=\"bold\"");
    y_px_ += kRowPx;
  }

  /// A bar that begins where the one before has ended.
  void add_bar(const std::string& name, std::uint64_t ms, std::string_view colour) {
    const std::uint64_t x = kLabelPx + begin_ms_ * kBarsPx / whole_ms_;
    const std::uint64_t width = std::max<std::uint64_t>(1, ms * kBarsPx / whole_ms_);
    text(12, name, "");
    body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y_px_ + 3) + "\" width=\"" +
             number(width) + "\" height=\"12\" fill=\"" + std::string(colour) + "\"/>\n";
    text(std::min(x + width + 4, kWidthPx - 100), seconds(ms), "");
    begin_ms_ += ms;
    y_px_ += kRowPx;
  }

  void begin_again() { begin_ms_ = 0; }

  [[nodiscard]] std::string picture() const {
    const std::string size =
        "width=\"" + number(kWidthPx) + "\" height=\"" + number(y_px_ + 6) + "\"";
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size +
           " font-family=\"sans-serif\" font-size=\"12\">\n<rect " + size + " fill=\"white\"/>\n" +
           body_ + "</svg>\n";
  }

 private:
  void text(std::uint64_t x, const std::string& words, const char* style) {
    body_ += "<text x=\"" + number(x) + "\" y=\"" + number(y_px_ + 14) + "\"" + style + ">" +
             escape(words) + "</text>\n";
  }

  std::uint64_t whole_ms_;
  std::uint64_t begin_ms_ = 0;
  std::uint64_t y_px_ = 4;
  std::string body_;
};

std::uint64_t whole_ms(const JobReport& report) {
  std::uint64_t sum = report.run_ms() + report.suspended_ms;
  for (const auto& step : report.boot_steps_ms) sum += step.second;
  for (const auto& step : report.teardown_steps_ms) sum += step.second;
  return sum;
}

}  // namespace

std::string reports_svg(std::span<const JobReport> reports) {
  std::uint64_t longest_ms = 0;
  for (const auto& report : reports) longest_ms = std::max(longest_ms, whole_ms(report));
  Timeline timeline(longest_ms);
  for (const auto& report : reports) {
    timeline.begin_again();
    timeline.add_title("job " + report.job.to_string() + " on " + report.node + ": " +
                       report.image + ", " + report.outcome);
    for (const auto& [name, ms] : report.boot_steps_ms)
      timeline.add_bar("boot: " + name, ms, kBootColour);
    timeline.add_bar("run", report.run_ms(), kRunColour);
    if (report.suspended_ms > 0)
      timeline.add_bar("suspended (in sum)", report.suspended_ms, "#c0c0c0");
    for (const auto& [name, ms] : report.teardown_steps_ms)
      timeline.add_bar("teardown: " + name, ms, kTeardownColour);
  }
  return timeline.picture();
}

}  // namespace workspace::cli
