#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/model/job_names.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// How a save ended: what its user is told, for the job is over by then.
struct SaveEntry {
  explicit SaveEntry(JobId id) : job(id) {}

  JobId job;
  UtcTime time;
  std::string node;
  std::string image;  ///< NAME:VERSION
  std::uint64_t size_bytes = 0;
  std::string fault;  ///< one line; empty: it was saved
};

/// The newest saves of a user are kept in the store, STORE/saves/UID, where everybody may read
/// them.
inline constexpr std::size_t kMostSavesKept = 100;

/// The text of such a file, a line for each save.
std::string format_save_log(const std::vector<SaveEntry>& entries);
/// Errors: kInvalid.
std::vector<SaveEntry> parse_save_log(std::string_view text);

/// Adds a save; control bytes and what is long of its fault are kept in printable form. Errors:
/// kTimeout when the store stays locked; kHost.
void append_save(const std::string& store_path, std::uint32_t uid, const SaveEntry& entry,
                 Deadline deadline);

/// The oldest first; none for a user who never saved. Errors: kInvalid for a damaged file; kHost.
std::vector<SaveEntry> read_saves(const std::string& store_path, std::uint32_t uid);

}  // namespace workspace
