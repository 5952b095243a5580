#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace workspace::cli {

/// Writes JSON in the order it is told. The caller keeps begin and end in balance.
class Json {
 public:
  Json& begin_object();
  Json& end_object();
  Json& begin_array(std::string_view key);
  Json& end_array();

  Json& field(std::string_view key, std::string_view value);
  Json& field(std::string_view key, std::uint64_t value);
  Json& field(std::string_view key, bool value);
  /// Without this a pointer would become a bool.
  Json& field(std::string_view key, const char* value) {
    return field(key, std::string_view(value));
  }

  /// Begins an object under a key.
  Json& begin_object(std::string_view key);

  /// The text with a newline behind it.
  [[nodiscard]] std::string text() const { return text_ + "\n"; }

 private:
  void separate();
  void key(std::string_view name);

  std::string text_;
  bool first_ = true;
};

}  // namespace workspace::cli
