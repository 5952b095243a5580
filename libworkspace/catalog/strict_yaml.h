#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/base/error.h"

namespace workspace {

/// A map of a YAML text, read strictly: maps, plain values and lists of plain values alone, each
/// key once, no anchors, aliases or tags, no control bytes, at most four maps deep and 256 keys or
/// items wide, one document. Every refusal begins with `FILE:LINE: `.
///
/// A reader first names the keys it knows, so that a misspelt one is told as such and not as a
/// missing one. strict_yaml.cc is the one owner of yaml-cpp.
class YamlMap {
 public:
  /// `file` is what refusals call the text. An empty text is an empty map. Errors: kInvalid.
  static YamlMap parse(std::string_view text, const std::string& file);

  /// Errors: kInvalid for the first key that is not among `keys`, with the nearest of them.
  void allow_only(std::span<const std::string_view> keys) const;
  void allow_only(std::initializer_list<std::string_view> keys) const {
    allow_only(std::span(keys.begin(), keys.size()));
  }

  /// The value of a key, made by `make` from its text; an Error that `make` throws gets the place
  /// in front. Errors: kInvalid when the key is missing or holds a map; what `make` throws.
  template <class Make>
  auto required(std::string_view key, Make make) const {
    auto value = optional(key, make);
    if (!value) refuse_missing(key);
    return *std::move(value);
  }

  /// The same for a key that may be left out.
  template <class Make>
  auto optional(std::string_view key, Make make) const
      -> std::optional<decltype(make(std::string()))> {
    const Entry* entry = find_text(key);
    if (entry == nullptr) return std::nullopt;
    try {
      return make(entry->text);
    } catch (Error& e) {
      throw e.in(place(entry->line));
    }
  }

  /// True if the key is there and holds a list.
  [[nodiscard]] bool holds_list(std::string_view key) const;

  /// The values of a list, in its order, each made by `make`; nothing when the key is left out.
  /// Errors: kInvalid when the key holds no list, or a value is given twice; what `make` throws.
  template <class Make>
  auto optional_list(std::string_view key, Make make) const
      -> std::optional<std::vector<decltype(make(std::string()))>> {
    const Entry* entry = find_list(key);
    if (entry == nullptr) return std::nullopt;
    std::vector<decltype(make(std::string()))> values;
    for (const auto& item : *entry->list) {
      try {
        values.push_back(make(item.text));
      } catch (Error& e) {
        throw e.in(place(item.line));
      }
    }
    return values;
  }

  /// The keys in the order of the text, for a map whose keys are names of the user's own choice.
  /// `check` may refuse one; its Error gets the place in front.
  template <class Check>
  std::vector<std::string> keys(Check check) const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
      try {
        check(entry.key);
      } catch (Error& e) {
        throw e.in(place(entry.line));
      }
      names.push_back(entry.key);
    }
    return names;
  }

  /// Where a key stands: `FILE:LINE`, for a fault that shows only later.
  [[nodiscard]] std::string place_of(std::string_view key) const;

  /// The map under a key. Errors: kInvalid when it is missing or no map.
  [[nodiscard]] YamlMap required_map(std::string_view key) const;
  [[nodiscard]] std::optional<YamlMap> optional_map(std::string_view key) const;

 private:
  friend class StrictBuilder;

  struct Item {
    std::string text;
    int line = 0;
  };

  struct Entry {
    std::string key;
    int line = 0;
    std::string text;
    std::vector<YamlMap> map;               ///< one map, or none for a text or list
    std::optional<std::vector<Item>> list;  ///< nothing for a text or map
  };

  YamlMap(std::string file, int line) : file_(std::move(file)), line_(line) {}
  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] const Entry* find_text(std::string_view key) const;
  [[nodiscard]] const Entry* find_list(std::string_view key) const;
  [[nodiscard]] std::string place(int line) const;
  [[noreturn]] void refuse(int line, const std::string& why) const;
  [[noreturn]] void refuse_missing(std::string_view key) const;

  std::string file_;
  int line_;
  std::vector<Entry> entries_;
};

}  // namespace workspace
