#include "libworkspace/catalog/strict_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxDepth = 4;
/// Keys of a map, and items of a list.
constexpr std::size_t kMaxWidth = 256;
constexpr std::size_t kMaxShownBytes = 64;

[[noreturn]] void refuse_at(const std::string& file, int line, const std::string& why) {
  throw Error(ErrorKind::kInvalid, file + ":" + std::to_string(line) + ": " + why);
}

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

/// yaml-cpp takes byte 4 for the end of the text and says nothing, so what follows would go unread.
void refuse_control_bytes(std::string_view text, const std::string& file) {
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f)
      refuse_at(file, line, "the control byte '" + printable({&c, 1}) + "' is not allowed");
  }
}

}  // namespace

/// Builds the maps from yaml-cpp's events. Its own tree would not do: it resolves aliases in
/// silence and keeps no duplicate to complain of.
class StrictBuilder : public YAML::EventHandler {
 public:
  explicit StrictBuilder(const std::string& file) : file_(file), root_(file, 1) {}

  YamlMap take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) refuse_at(file_, line_of(mark), "a second document begins");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_plain(mark, "?", anchor);
    // yaml-cpp tells an empty document as a null.
    if (open_.empty()) return;
    if (list_open_) refuse_at(file_, line_of(mark), "an item of the list has no value");
    if (!key_) refuse_at(file_, line_of(mark), "a key is empty");
    refuse_at(file_, key_->line, "key '" + key_->key + "' has no value");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse_at(file_, line_of(mark), "aliases are not allowed");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_plain(mark, tag, anchor);
    if (open_.empty()) refuse_at(file_, line_of(mark), "'KEY: VALUE' is expected");
    if (list_open_) {
      add_item(mark, value);
    } else if (!key_) {
      begin_key(mark, value);
    } else {
      key_->text = value;
      open_.back().entries_.push_back(*std::exchange(key_, std::nullopt));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_plain(mark, tag, anchor);
    if (!key_ || list_open_) refuse_at(file_, line_of(mark), "a list is not expected here");
    list_open_ = true;
    key_->list.emplace();
  }

  void OnSequenceEnd() override {
    list_open_ = false;
    open_.back().entries_.push_back(*std::exchange(key_, std::nullopt));
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_plain(mark, tag, anchor);
    if (list_open_) refuse_at(file_, line_of(mark), "a list holds plain values, not maps");
    if (!open_.empty() && !key_) refuse_at(file_, line_of(mark), "a key must be a word, not a map");
    if (open_.size() == kMaxDepth) refuse_at(file_, line_of(mark), "maps are nested too deep");
    open_.push_back(YamlMap(file_, line_of(mark)));
    if (key_) keys_.push_back(*std::exchange(key_, std::nullopt));
  }

  void OnMapEnd() override {
    YamlMap map = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      root_ = std::move(map);
      return;
    }
    keys_.back().map.push_back(std::move(map));
    open_.back().entries_.push_back(std::move(keys_.back()));
    keys_.pop_back();
  }

 private:
  void check_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse_at(file_, line_of(mark), "anchors are not allowed");
    // What yaml-cpp calls a value without a tag: plain, quoted, or a map.
    if (tag != "?" && tag != "!" && !tag.empty())
      refuse_at(file_, line_of(mark),
                "tags such as '" + printable(tag, kMaxShownBytes) + "' are not allowed");
  }

  void begin_key(const YAML::Mark& mark, const std::string& key) {
    const auto& entries = open_.back().entries_;
    if (entries.size() == kMaxWidth) {
      refuse_at(file_, line_of(mark), "a map has at most " + std::to_string(kMaxWidth) + " keys");
    }
    const auto earlier = std::find_if(entries.begin(), entries.end(),
                                      [&](const auto& entry) { return entry.key == key; });
    const std::string shown = printable(key, kMaxShownBytes);
    if (earlier != entries.end())
      refuse_at(
          file_, line_of(mark),
          "key '" + shown + "' is given twice, first in line " + std::to_string(earlier->line));
    key_ = YamlMap::Entry{key, line_of(mark), "", {}, {}};
  }

  void add_item(const YAML::Mark& mark, const std::string& value) {
    auto& items = *key_->list;
    if (items.size() == kMaxWidth) {
      refuse_at(file_, line_of(mark), "a list has at most " + std::to_string(kMaxWidth) + " items");
    }
    const bool twice = std::any_of(items.begin(), items.end(),
                                   [&](const auto& item) { return item.text == value; });
    if (twice) {
      refuse_at(file_, line_of(mark),
                "'" + printable(value, kMaxShownBytes) + "' is given twice in the list");
    }
    items.push_back({value, line_of(mark)});
  }

  const std::string& file_;
  YamlMap root_;
  bool started_ = false;
  bool list_open_ = false;             ///< the values that come are items of key_'s list
  std::vector<YamlMap> open_;          ///< from the outermost to the one being filled
  std::vector<YamlMap::Entry> keys_;   ///< the keys under which the inner of them stand
  std::optional<YamlMap::Entry> key_;  ///< a key whose value comes next
};

YamlMap YamlMap::parse(std::string_view text, const std::string& file) {
  refuse_control_bytes(text, file);
  // A quote that is never closed is an error to yaml-cpp at the end of the text, but not when a
  // line ends in front of it.
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  std::istringstream stream{std::string(text)};
  StrictBuilder builder(file);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    refuse_at(file, line_of(e.mark), "not YAML: " + printable(e.msg, 200));
  }
  return builder.take();
}

void YamlMap::allow_only(std::span<const std::string_view> keys) const {
  for (const auto& entry : entries_) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    std::string why = "unknown key '" + printable(entry.key, kMaxShownBytes) + "'";
    if (const auto near = nearest_word(entry.key, keys)) why += "; did you mean '" + *near + "'?";
    refuse(entry.line, why);
  }
}

const YamlMap::Entry* YamlMap::find(std::string_view key) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  return at == entries_.end() ? nullptr : &*at;
}

const YamlMap::Entry* YamlMap::find_text(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry != nullptr && !entry->map.empty())
    refuse(entry->line, "key '" + entry->key + "' takes one value, not a map");
  if (entry != nullptr && entry->list)
    refuse(entry->line, "key '" + entry->key + "' takes one value, not a list");
  return entry;
}

bool YamlMap::holds_list(std::string_view key) const {
  const Entry* entry = find(key);
  return entry != nullptr && entry->list;
}

const YamlMap::Entry* YamlMap::find_list(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry != nullptr && !entry->list)
    refuse(entry->line, "key '" + entry->key + "' takes a list, such as [a, b]");
  return entry;
}

std::optional<YamlMap> YamlMap::optional_map(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->map.empty()) {
    refuse(entry->line,
           "key '" + entry->key + "' takes a map, not " + (entry->list ? "a list" : "one value"));
  }
  return entry->map.front();
}

YamlMap YamlMap::required_map(std::string_view key) const {
  auto map = optional_map(key);
  if (!map) refuse_missing(key);
  return *std::move(map);
}

std::string YamlMap::place_of(std::string_view key) const {
  const Entry* entry = find(key);
  return place(entry == nullptr ? line_ : entry->line);
}

std::string YamlMap::place(int line) const { return file_ + ":" + std::to_string(line); }

void YamlMap::refuse(int line, const std::string& why) const { refuse_at(file_, line, why); }

void YamlMap::refuse_missing(std::string_view key) const {
  refuse(line_, "key '" + std::string(key) + "' is missing");
}

}  // namespace workspace
