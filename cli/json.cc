#include "cli/json.h"

#include <array>
#include <cstdio>

namespace workspace::cli {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

void Json::separate() {
  if (!first_) text_ += ", ";
  first_ = false;
}

void Json::key(std::string_view name) {
  separate();
  text_ += quoted(name) + ": ";
}

Json& Json::begin_object() {
  separate();
  text_ += "{";
  first_ = true;
  return *this;
}

Json& Json::begin_object(std::string_view name) {
  key(name);
  text_ += "{";
  first_ = true;
  return *this;
}

Json& Json::end_object() {
  text_ += "}";
  first_ = false;
  return *this;
}

Json& Json::begin_array(std::string_view name) {
  key(name);
  text_ += "[";
  first_ = true;
  return *this;
}

Json& Json::end_array() {
  text_ += "]";
  first_ = false;
  return *this;
}

Json& Json::field(std::string_view name, std::string_view value) {
  key(name);
  text_ += quoted(value);
  return *this;
}

Json& Json::field(std::string_view name, std::uint64_t value) {
  key(name);
  text_ += std::to_string(value);
  return *this;
}

Json& Json::field(std::string_view name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
  return *this;
}

}  // namespace workspace::cli
