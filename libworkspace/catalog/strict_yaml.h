#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/catalog/yaml_faults.h"

namespace workspace {

/// A map of a YAML text, read strictly: maps, plain values and lists of plain values alone, each
/// key once, no anchors, aliases or tags, no control bytes, at most four maps deep and 256 keys or
/// items wide, one document. Every refusal begins with `FILE:LINE: `.
///
/// A reader first names the keys it knows, so that a misspelt one is told as such and not as a
/// missing one. strict_yaml.cc is the one owner of yaml-cpp.
///
/// A map that was parsed with a YamlFaults throws nothing: what would be a kInvalid Error below is
/// added there, and the reader goes on as if the faulty value had been left out.
class YamlMap {
 public:
  /// `file` is what refusals call the text. An empty text is an empty map. Errors: kInvalid.
  static YamlMap parse(std::string_view text, const std::string& file);
  /// For who wants to know all that is wrong; `faults` must outlive the map. Where the text is no
  /// YAML any more it ends, and what it lacks from there on is not told.
  static YamlMap parse(std::string_view text, const std::string& file, YamlFaults& faults);

  /// Errors: kInvalid for a key that is not among `keys`, with the nearest of them.
  void allow_only(std::span<const std::string_view> keys) const;
  void allow_only(std::initializer_list<std::string_view> keys) const {
    allow_only(std::span(keys.begin(), keys.size()));
  }

  /// The value of a key, made by `make` from its text; an Error that `make` throws gets the place
  /// in front. Where faults are collected `stand_in` takes a faulty value's place. Errors: kInvalid
  /// when the key is missing or holds a map; what `make` throws.
  template <class Make>
  auto required(std::string_view key, Make make, decltype(make(std::string())) stand_in = {}) const
      -> decltype(make(std::string())) {
    demand(key);
    auto value = optional(key, make);
    return value ? *std::move(value) : std::move(stand_in);
  }

  /// Errors: kInvalid when the key is missing.
  void demand(std::string_view key) const;

  /// The same as required for a key that may be left out.
  template <class Make>
  auto optional(std::string_view key, Make make) const
      -> std::optional<decltype(make(std::string()))> {
    const Entry* entry = find_text(key);
    if (entry == nullptr) return std::nullopt;
    try {
      return make(entry->text);
    } catch (Error& e) {
      if (!collect(entry->line, e)) throw e.in(place(entry->line));
    }
    return std::nullopt;
  }

  /// True if the key is there, whatever it holds.
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }

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
        if (!collect(item.line, e)) throw e.in(place(item.line));
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
        names.push_back(entry.key);
      } catch (Error& e) {
        if (!collect(entry.line, e)) throw e.in(place(entry.line));
      }
    }
    return names;
  }

  /// Refuses what a key says, for a fault that shows only later. Errors: kInvalid.
  void refuse_value(std::string_view key, const std::string& why) const;
  /// The same for a fault that was found elsewhere, whose kind it keeps.
  void refuse_value(std::string_view key, const Error& fault) const;

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
    bool faulty = false;                    ///< its fault is told: it counts as left out
    bool twice = false;                     ///< as is one that is given for the second time
  };

  YamlMap(std::string file, int line, YamlFaults* faults)
      : file_(std::move(file)), line_(line), faults_(faults) {}
  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] const Entry* find_text(std::string_view key) const;
  [[nodiscard]] const Entry* find_list(std::string_view key) const;
  [[nodiscard]] std::string place(int line) const;
  /// The place `line`, or the whole map's.
  void refuse(int line, const std::string& why) const;
  /// Whether the error was put to the faults.
  bool collect(int line, const Error& error) const;

  std::string file_;
  int line_;
  YamlFaults* faults_;  ///< null: the first fault is thrown
  bool whole_ = true;   ///< false where the text broke off: keys may be missing for that
  std::vector<Entry> entries_;
};

}  // namespace workspace
