#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace workspace {

/// Writes metrics in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/), as node_exporter's textfile
/// collector reads it. The caller keeps the samples of a family together, behind its head.
class PrometheusText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  /// The head of a family; `type` is `counter`, `gauge` or `histogram`.
  PrometheusText& family(std::string_view name, std::string_view type, std::string_view help);

  PrometheusText& sample(std::string_view name, const Labels& labels, std::uint64_t value);
  /// The same of a time, in seconds.
  PrometheusText& seconds(std::string_view name, const Labels& labels, std::uint64_t ms);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add(std::string_view name, const Labels& labels, const std::string& value);

  std::string text_;
};

/// `12.345` for 12345 ms: seconds, without any rounding.
std::string format_seconds(std::uint64_t ms);

}  // namespace workspace
