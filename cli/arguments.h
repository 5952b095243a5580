#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace workspace::cli {

/// An option of a subcommand.
struct Option {
  std::string_view name;   ///< such as `--disk`
  std::string_view value;  ///< what stands behind it, such as `SIZE`; empty for a flag
  std::string_view summary;
};

/// The words behind a subcommand, taken apart by its options and its synopsis.
class Arguments {
 public:
  /// `synopsis` names the words that are no options: `MANIFEST`, `[JOB]` for one that may be left
  /// out, `[COMMAND…]` at its end for all the rest, options and all, from its first word on. An
  /// option's value is the next word or stands behind `=`; `--` ends the options. Errors: kUsage.
  static Arguments parse(std::span<const std::string> words, std::span<const Option> options,
                         std::string_view synopsis);

  [[nodiscard]] bool has(std::string_view option) const { return options_.contains(option); }
  [[nodiscard]] std::optional<std::string> value(std::string_view option) const;
  /// A word that is no option; nothing when it was left out.
  [[nodiscard]] std::optional<std::string> word(std::size_t index) const;
  /// All words from `index` on.
  [[nodiscard]] std::vector<std::string> words_from(std::size_t index) const;

 private:
  void add_option(std::string_view word, std::span<const Option> options,
                  std::span<const std::string>& rest);

  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> words_;
};

}  // namespace workspace::cli
