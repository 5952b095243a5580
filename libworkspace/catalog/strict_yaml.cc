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

/// Nothing behind this line can be read.
struct BrokenOff : Error {
  BrokenOff(int at_line, const std::string& why) : Error(ErrorKind::kInvalid, why), line(at_line) {}
  int line;
};

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

/// Throws, or adds to the faults where there are some to be filled.
void tell_at(YamlFaults* faults, const std::string& file, int line, const std::string& why) {
  if (faults == nullptr) refuse_at(file, line, why);
  faults->add({file, line, why});
}

/// yaml-cpp takes byte 4 for the end of the text and says nothing, so what follows would go unread.
std::string without_control_bytes(std::string_view text, const std::string& file,
                                  YamlFaults* faults) {
  std::string clean(text);
  int line = 1;
  for (char& c : clean) {
    if (c == '\n') ++line;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 || c == '\n' || c == '\r' || c == '\t') && byte != 0x7f) continue;
    tell_at(faults, file, line, "the control byte '" + printable({&c, 1}) + "' is not allowed");
    c = '?';
  }
  return clean;
}

}  // namespace

/// Builds the maps from yaml-cpp's events. Its own tree would not do: it resolves aliases in
/// silence and keeps no duplicate to complain of.
class StrictBuilder : public YAML::EventHandler {
 public:
  StrictBuilder(const std::string& file, YamlFaults* faults)
      : file_(file), faults_(faults), root_(file, 1, faults) {}

  static YamlMap build(std::string_view text, const std::string& file, YamlFaults* faults) {
    StrictBuilder builder(file, faults);
    try {
      builder.read(without_control_bytes(text, file, faults));
      return std::move(builder.root_);
    } catch (const BrokenOff& end) {
      tell_at(faults, file, end.line, end.text());
    }
    return builder.take_unfinished();
  }

  /// What was read before the text broke off.
  YamlMap take_unfinished() {
    root_.whole_ = false;
    if (key_ && !open_.empty()) end_faulty_key();
    while (!open_.empty()) {
      open_.back().whole_ = false;
      OnMapEnd();
    }
    return std::move(root_);
  }

  void read(std::string_view text) {
    // A quote that is never closed is an error to yaml-cpp at the end of the text, but not when a
    // line ends in front of it.
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    std::istringstream stream{std::string(text)};
    try {
      YAML::Parser parser(stream);
      while (parser.HandleNextDocument(*this)) {
      }
    } catch (const YAML::Exception& e) {
      break_off(line_of(e.mark), "not YAML: " + printable(e.msg, 200));
    }
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) break_off(line_of(mark), "a second document begins");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_plain(mark, "?", anchor);
    // yaml-cpp tells an empty document as a null.
    if (open_.empty()) return;
    if (list_open_) {
      tell(line_of(mark), "an item of the list has no value");
      return;
    }
    if (!key_) break_off(line_of(mark), "a key is empty");
    tell(key_->line, "key '" + printable(key_->key, kMaxShownBytes) + "' has no value");
    end_faulty_key();
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (!key_) break_off(line_of(mark), "aliases are not allowed");
    tell(line_of(mark), "aliases are not allowed");
    if (!list_open_) end_faulty_key();
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_plain(mark, tag, anchor);
    if (open_.empty()) break_off(line_of(mark), "'KEY: VALUE' is expected");
    if (list_open_) {
      add_item(mark, value);
    } else if (!key_) {
      begin_key(mark, value);
    } else {
      key_->text = value;
      end_key();
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_plain(mark, tag, anchor);
    if (!key_ || list_open_) break_off(line_of(mark), "a list is not expected here");
    list_open_ = true;
    key_->list.emplace();
  }

  void OnSequenceEnd() override {
    list_open_ = false;
    end_key();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_plain(mark, tag, anchor);
    if (list_open_) break_off(line_of(mark), "a list holds plain values, not maps");
    if (!open_.empty() && !key_) break_off(line_of(mark), "a key must be a word, not a map");
    if (open_.size() == kMaxDepth) break_off(line_of(mark), "maps are nested too deep");
    open_.push_back(YamlMap(file_, line_of(mark), faults_));
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
    key_ = std::move(keys_.back());
    keys_.pop_back();
    end_key();
  }

 private:
  [[noreturn]] static void break_off(int line, const std::string& why) {
    throw BrokenOff(line, why);
  }

  void tell(int line, const std::string& why) const { tell_at(faults_, file_, line, why); }

  void check_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) tell(line_of(mark), "anchors are not allowed");
    // What yaml-cpp calls a value without a tag: plain, quoted, or a map.
    if (tag != "?" && tag != "!" && !tag.empty())
      tell(line_of(mark), "tags such as '" + printable(tag, kMaxShownBytes) + "' are not allowed");
  }

  void end_key() {
    if (!key_->twice) open_.back().entries_.push_back(*std::move(key_));
    key_.reset();
  }

  void end_faulty_key() {
    key_->faulty = true;
    end_key();
  }

  void begin_key(const YAML::Mark& mark, const std::string& key) {
    const auto& entries = open_.back().entries_;
    if (entries.size() == kMaxWidth) {
      break_off(line_of(mark), "a map has at most " + std::to_string(kMaxWidth) + " keys");
    }
    const auto earlier = std::find_if(entries.begin(), entries.end(),
                                      [&](const auto& entry) { return entry.key == key; });
    const std::string shown = printable(key, kMaxShownBytes);
    const bool twice = earlier != entries.end();
    if (twice) {
      tell(line_of(mark),
           "key '" + shown + "' is given twice, first in line " + std::to_string(earlier->line));
    }
    key_ = YamlMap::Entry{key, line_of(mark), "", {}, {}, false, twice};
  }

  void add_item(const YAML::Mark& mark, const std::string& value) {
    auto& items = *key_->list;
    if (items.size() == kMaxWidth) {
      break_off(line_of(mark), "a list has at most " + std::to_string(kMaxWidth) + " items");
    }
    const bool twice = std::any_of(items.begin(), items.end(),
                                   [&](const auto& item) { return item.text == value; });
    if (twice) {
      tell(line_of(mark), "'" + printable(value, kMaxShownBytes) + "' is given twice in the list");
      return;
    }
    items.push_back({value, line_of(mark)});
  }

  const std::string& file_;
  YamlFaults* faults_;
  YamlMap root_;
  bool started_ = false;
  bool list_open_ = false;             ///< the values that come are items of key_'s list
  std::vector<YamlMap> open_;          ///< from the outermost to the one being filled
  std::vector<YamlMap::Entry> keys_;   ///< the keys under which the inner of them stand
  std::optional<YamlMap::Entry> key_;  ///< a key whose value comes next
};

YamlMap YamlMap::parse(std::string_view text, const std::string& file) {
  return StrictBuilder::build(text, file, nullptr);
}

YamlMap YamlMap::parse(std::string_view text, const std::string& file, YamlFaults& faults) {
  return StrictBuilder::build(text, file, &faults);
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
  if (entry == nullptr || entry->faulty) return nullptr;
  if (entry->map.empty() && !entry->list) return entry;
  refuse(entry->line,
         "key '" + entry->key + "' takes one value, not a " + (entry->list ? "list" : "map"));
  return nullptr;
}

bool YamlMap::holds_list(std::string_view key) const {
  const Entry* entry = find(key);
  return entry != nullptr && entry->list;
}

const YamlMap::Entry* YamlMap::find_list(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr || entry->faulty) return nullptr;
  if (entry->list) return entry;
  refuse(entry->line, "key '" + entry->key + "' takes a list, such as [a, b]");
  return nullptr;
}

std::optional<YamlMap> YamlMap::optional_map(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr || entry->faulty) return std::nullopt;
  if (!entry->map.empty()) return entry->map.front();
  refuse(entry->line,
         "key '" + entry->key + "' takes a map, not " + (entry->list ? "a list" : "one value"));
  return std::nullopt;
}

YamlMap YamlMap::required_map(std::string_view key) const {
  demand(key);
  if (auto map = optional_map(key)) return *std::move(map);
  YamlMap stand_in(file_, line_, faults_);
  stand_in.whole_ = false;
  return stand_in;
}

void YamlMap::demand(std::string_view key) const {
  if (find(key) == nullptr && whole_) refuse(line_, "key '" + std::string(key) + "' is missing");
}

void YamlMap::refuse_value(std::string_view key, const std::string& why) const {
  refuse_value(key, Error(ErrorKind::kInvalid, why));
}

void YamlMap::refuse_value(std::string_view key, const Error& fault) const {
  const Entry* entry = find(key);
  const int line = entry == nullptr ? line_ : entry->line;
  if (!collect(line, fault)) throw Error(fault).in(place(line));
}

std::string YamlMap::place(int line) const { return file_ + ":" + std::to_string(line); }

void YamlMap::refuse(int line, const std::string& why) const { tell_at(faults_, file_, line, why); }

bool YamlMap::collect(int line, const Error& error) const {
  if (faults_ != nullptr) faults_->add({file_, line, error.text()});
  return faults_ != nullptr;
}

}  // namespace workspace
