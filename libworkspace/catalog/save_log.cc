#include "libworkspace/catalog/save_log.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/store_layout.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxFaultBytes = 1024;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

std::string line_of(const SaveEntry& entry) {
  Fields fields;
  fields.add("time", format_utc_time(entry.time));
  fields.add("job", entry.job.to_string());
  fields.add("node", entry.node);
  fields.add("image", entry.image);
  fields.add("size_bytes", entry.size_bytes);
  fields.add("fault", entry.fault);
  return fields.to_line();
}

SaveEntry parse_entry(std::string_view line) {
  Fields fields = Fields::from_line(line);
  SaveEntry entry(JobId::parse(fields.take("job")));
  entry.time = parse_utc_time(fields.take("time"), "time");
  entry.node = fields.take("node");
  entry.image = fields.take("image");
  entry.size_bytes = fields.take_number("size_bytes");
  entry.fault = fields.take("fault");
  fields.expect_empty();
  return entry;
}

}  // namespace

std::string format_save_log(const std::vector<SaveEntry>& entries) {
  std::string lines;
  for (const auto& entry : entries) lines += line_of(entry) + "\n";
  return lines;
}

std::vector<SaveEntry> parse_save_log(std::string_view text) {
  std::vector<SaveEntry> entries;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) entries.push_back(parse_entry(line));
  return entries;
}

void append_save(const std::string& store_path, std::uint32_t uid, const SaveEntry& entry,
                 Deadline deadline) {
  make_trusted_folder(store_layout::saves_folder(store_path), 0755);
  const FileLock lock(store_layout::lock_file(store_path), deadline);
  auto entries = read_saves(store_path, uid);
  entries.push_back(entry);
  entries.back().fault = printable(entry.fault, kMaxFaultBytes);
  if (entries.size() > kMostSavesKept) entries.erase(entries.begin());
  write_file_atomic(store_layout::saves_file(store_path, uid), format_save_log(entries), 0444);
}

std::vector<SaveEntry> read_saves(const std::string& store_path, std::uint32_t uid) {
  const std::string path = store_layout::saves_file(store_path, uid);
  try {
    const UniqueFd fd = open_trusted_file(path);
    return parse_save_log(read_all(fd.get(), kMaxBytes, path));
  } catch (Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return {};
    throw e.in(path);
  }
}

}  // namespace workspace
