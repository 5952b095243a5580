#include "libworkspace/image/tree_task.h"

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::array<std::string_view, 4> kSources = {"archive", "ext", "layers", "upper"};
constexpr std::array<std::string_view, 3> kActions = {"tar", "check", "list"};

template <class Value, std::size_t kCount>
Value take_word(Fields& fields, std::string_view name,
                const std::array<std::string_view, kCount>& words) {
  const std::string word = fields.take(name);
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == word) return static_cast<Value>(i);
  throw Error(ErrorKind::kInvalid, "field '" + std::string(name) + "' has an unknown word");
}

std::vector<int> parse_fds(const std::string& text) {
  std::vector<int> fds;
  for (const auto& word : split(text, ',')) {
    const auto number = parse_decimal(word, INT32_MAX);
    if (!number) throw Error(ErrorKind::kInvalid, "field 'layer_fds' holds no number");
    fds.push_back(static_cast<int>(*number));
  }
  return fds;
}

}  // namespace

std::string TreeTask::to_line() const {
  Fields fields;
  fields.add("source", kSources.at(static_cast<std::size_t>(source)));
  fields.add("action", kActions.at(static_cast<std::size_t>(action)));
  fields.add("input_fd", static_cast<std::uint64_t>(input_fd));
  fields.add("offset_bytes", offset_bytes);
  if (!layer_fds.empty()) {
    std::vector<std::string> numbers;
    for (const int fd : layer_fds) numbers.push_back(std::to_string(fd));
    fields.add("layer_fds", join(numbers, ","));
  }
  if (spool_fd >= 0) fields.add("spool_fd", static_cast<std::uint64_t>(spool_fd));
  fields.add("name", name);
  fields.add("max_bytes", limits.max_bytes);
  fields.add("max_entries", limits.max_entries);
  fields.add("newest_mtime_s", static_cast<std::uint64_t>(newest_mtime_s));
  fields.add("left_out", left_out.to_text());
  return fields.to_line();
}

TreeTask TreeTask::parse(std::string_view line) {
  Fields fields = Fields::from_line(line);
  TreeTask task;
  task.source = take_word<Source>(fields, "source", kSources);
  task.action = take_word<Action>(fields, "action", kActions);
  task.input_fd = static_cast<int>(fields.take_number("input_fd", INT32_MAX));
  task.offset_bytes = fields.take_number("offset_bytes", INT64_MAX);
  if (fields.has("layer_fds")) task.layer_fds = parse_fds(fields.take("layer_fds"));
  if (fields.has("spool_fd"))
    task.spool_fd = static_cast<int>(fields.take_number("spool_fd", INT32_MAX));
  task.name = fields.take("name");
  task.limits.max_bytes = fields.take_number("max_bytes");
  task.limits.max_entries = fields.take_number("max_entries");
  task.newest_mtime_s = static_cast<std::int64_t>(fields.take_number("newest_mtime_s", INT64_MAX));
  task.left_out = LeftOut::parse(fields.take("left_out"), "left_out");
  fields.expect_empty();
  return task;
}

std::string TreeSummary::to_line() const {
  Fields fields;
  fields.add("entries", entries);
  fields.add("bytes", bytes);
  fields.add("left_out", left_out);
  fields.add("sockets", sockets);
  return fields.to_line();
}

TreeSummary TreeSummary::parse(std::string_view line) {
  Fields fields = Fields::from_line(line);
  TreeSummary summary;
  summary.entries = fields.take_number("entries");
  summary.bytes = fields.take_number("bytes");
  summary.left_out = fields.take_number("left_out");
  summary.sockets = fields.take_number("sockets");
  fields.expect_empty();
  return summary;
}

}  // namespace workspace
