#include "cli/arguments.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::kUsage, why); }

const Option& find_option(std::string_view name, std::span<const Option> options) {
  const auto known = std::find_if(options.begin(), options.end(),
                                  [&](const Option& option) { return option.name == name; });
  if (known != options.end()) return *known;
  std::vector<std::string_view> names;
  names.reserve(options.size());
  for (const auto& option : options) names.push_back(option.name);
  const auto near = nearest_word(name, names);
  refuse("unknown option '" + printable(name, 64) + "'" +
         (near ? "; did you mean '" + *near + "'?" : "; see --help"));
}

}  // namespace

Arguments Arguments::parse(std::span<const std::string> words, std::span<const Option> options,
                           std::string_view synopsis) {
  const auto places = synopsis.empty() ? std::vector<std::string>() : split(synopsis, ' ');
  const bool takes_rest = !places.empty() && places.back().ends_with("…]");
  Arguments arguments;
  bool options_ended = false;
  while (!words.empty()) {
    const std::string_view word = words.front();
    words = words.subspan(1);
    if (options_ended || !word.starts_with("-") || word == "-") {
      arguments.words_.emplace_back(word);
      options_ended = options_ended || (takes_rest && arguments.words_.size() == places.size());
    } else if (word == "--") {
      options_ended = true;
    } else {
      arguments.add_option(word, options, words);
    }
  }
  if (arguments.words_.size() > places.size() && !takes_rest)
    refuse("'" + printable(arguments.words_[places.size()], 64) + "' is one word too many");
  if (arguments.words_.size() < places.size() && !places[arguments.words_.size()].starts_with("["))
    refuse(places[arguments.words_.size()] + " is missing; see --help");
  return arguments;
}

void Arguments::add_option(std::string_view word, std::span<const Option> options,
                           std::span<const std::string>& rest) {
  const auto equals = word.find('=');
  const Option& option = find_option(word.substr(0, equals), options);
  const std::string name(option.name);
  std::string value;
  if (equals != std::string_view::npos) {
    if (option.value.empty()) refuse(name + " takes no value");
    value = word.substr(equals + 1);
  } else if (!option.value.empty()) {
    if (rest.empty()) refuse(name + " needs a value: " + name + " " + std::string(option.value));
    value = rest.front();
    rest = rest.subspan(1);
  }
  if (!options_.emplace(name, value).second) refuse(name + " is given twice");
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto at = options_.find(option);
  return at == options_.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> Arguments::words_from(std::size_t index) const {
  if (index >= words_.size()) return {};
  return {words_.begin() + static_cast<std::ptrdiff_t>(index), words_.end()};
}

std::optional<std::string> Arguments::word(std::size_t index) const {
  return index < words_.size() ? std::optional(words_[index]) : std::nullopt;
}

}  // namespace workspace::cli
