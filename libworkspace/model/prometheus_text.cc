#include "libworkspace/model/prometheus_text.h"

namespace workspace {
namespace {

/// A label's value may hold anything but these three (and what is not UTF-8, which no name has).
std::string escape_label(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::string format_seconds(std::uint64_t ms) {
  const std::string rest = std::to_string(ms % 1000);
  return std::to_string(ms / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

PrometheusText& PrometheusText::family(std::string_view name, std::string_view type,
                                       std::string_view help) {
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  return *this;
}

PrometheusText& PrometheusText::sample(std::string_view name, const Labels& labels,
                                       std::uint64_t value) {
  add(name, labels, std::to_string(value));
  return *this;
}

PrometheusText& PrometheusText::seconds(std::string_view name, const Labels& labels,
                                        std::uint64_t ms) {
  add(name, labels, format_seconds(ms));
  return *this;
}

void PrometheusText::add(std::string_view name, const Labels& labels, const std::string& value) {
  text_.append(name);
  char before = '{';
  for (const auto& [label, text] : labels) {
    text_ += before;
    text_.append(label).append("=\"").append(escape_label(text)).append("\"");
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace workspace
