#include "spank_plugin/multi_prog.h"

#include <algorithm>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::string_view kSpaces = " \t\n\v\f\r";

bool is_space(char c) { return kSpaces.find(c) != std::string_view::npos; }

/// A line that says something, with those that its backslashes join to it.
struct Line {
  std::size_t number;
  std::string_view tasks;    ///< such as `0,2-4` or `*`
  std::string_view program;  ///< the words behind
};

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
  throw Error(ErrorKind::kInvalid,
              "line " + std::to_string(line) + " of the --multi-prog file " + why);
}

/// Cuts off the next line; one that ends in a backslash goes on in the line after it.
std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  while (end != std::string_view::npos && end > 0 && text[end - 1] == '\\')
    end = text.find('\n', end + 1);
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::size_t number = 1;
  while (!text.empty()) {
    const std::string_view whole = take_line(text);
    const std::size_t this_number = number;
    number += 1 + static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n'));
    const auto begin = whole.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos || whole[begin] == '#') continue;
    const std::string_view line = whole.substr(begin);
    const auto end = std::min(line.find_first_of(kSpaces), line.size());
    lines.push_back({this_number, line.substr(0, end), line.substr(end)});
  }
  return lines;
}

/// The numbers `4` or `2-5`; nothing for anything else.
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto low = parse_decimal(text.substr(0, dash), UINT32_MAX);
  const auto high =
      dash == std::string_view::npos ? low : parse_decimal(text.substr(dash + 1), UINT32_MAX);
  if (!low || !high || *low > *high) return std::nullopt;
  return std::pair(static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high));
}

bool is_task_list(std::string_view tasks) {
  if (tasks == "*") return true;
  const auto ranges = split(tasks, ',');
  return std::all_of(ranges.begin(), ranges.end(),
                     [](const std::string& range) { return parse_range(range).has_value(); });
}

/// The task's place among those that the line names, from 0; nothing if it is not among them.
std::optional<std::uint32_t> place_of(std::uint32_t task, const Line& line) {
  if (line.tasks == "*") return task;
  std::uint32_t passed = 0;
  for (const auto& text : split(line.tasks, ',')) {
    const auto range = parse_range(text);
    if (!range) refuse(line.number, "names tasks by '" + printable(text, 32) + "'");
    const auto [low, high] = *range;
    if (task >= low && task <= high) return passed + (task - low);
    passed += 1 + (high - low);
  }
  return std::nullopt;
}

/// Splits a line's words by the file's own small quoting rules.
class WordReader {
 public:
  WordReader(const Line& line, std::uint32_t task, std::uint32_t place)
      : line_(line), rest_(line.program), task_(task), place_(place) {}

  std::vector<std::string> read() {
    std::vector<std::string> words;
    for (skip_spaces(); !rest_.empty(); skip_spaces()) words.push_back(read_word());
    return words;
  }

 private:
  /// A joined line's end stands between words like a space.
  void skip_spaces() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.starts_with("\\\n")))
      rest_.remove_prefix(rest_.front() == '\\' ? 2 : 1);
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string read_word() {
    std::string word;
    while (!rest_.empty() && !is_space(rest_.front())) {
      const char c = take();
      if (c == '\\') {
        read_escape(word);
      } else if (c == '\'') {
        read_quoted(word);
      } else if (c == '%') {
        read_number(word);
      } else {
        word += c;
      }
    }
    return word;
  }

  void read_escape(std::string& word) {
    if (rest_.empty()) return;
    const char c = take();
    if (c != '\n') word += c;
  }

  void read_quoted(std::string& word) {
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) refuse(line_.number, "has a quote that is not closed");
    word += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }

  /// Any other letter behind the `%` vanishes with it, as it does in Slurm.
  void read_number(std::string& word) {
    if (rest_.empty()) return;
    const char c = take();
    if (c == 't') word += std::to_string(task_);
    if (c == 'o') word += std::to_string(place_);
  }

  const Line& line_;
  std::string_view rest_;
  std::uint32_t task_;
  std::uint32_t place_;
};

}  // namespace

bool looks_like_multi_prog(std::string_view text) {
  const auto lines = lines_of(text);
  return !lines.empty() && is_task_list(lines.front().tasks) && !lines.front().program.empty();
}

bool is_multi_prog_file(const std::string& path, std::string_view text) {
  try {
    return read_file(path, text.size()) == text;
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::string> multi_prog_argv(std::string_view text, std::uint32_t task,
                                         const std::vector<std::string>& extra) {
  for (const auto& line : lines_of(text)) {
    const auto place = place_of(task, line);
    if (!place) continue;
    auto argv = WordReader(line, task, *place).read();
    if (argv.empty()) refuse(line.number, "names no program");
    argv.insert(argv.end(), extra.begin(), extra.end());
    return argv;
  }
  throw Error(ErrorKind::kNotFound,
              "no line of the --multi-prog file names task " + std::to_string(task));
}

}  // namespace workspace
