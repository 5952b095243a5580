#include "libworkspace/lifecycle/record_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/base/unfinished_file.h"

namespace workspace {
namespace {

constexpr char kLock[] = "lock";

/// Empties a folder of a job, but for its lock.
void empty_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    const std::string path = entry->path().string();
    if (entry->path().filename() == kLock) continue;
    std::filesystem::remove_all(path, error);
    if (error) throw_errno("removing " + path, error.value());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("listing " + folder, error.value());
}

/// True if somebody else has the folder now: whoever comes for it once its lock is removed makes a
/// lock of their own.
bool is_anothers(const std::string& folder) {
  try {
    (void)FileLock(folder + "/" + kLock, Deadline::in(std::chrono::milliseconds(0)));
    return false;
  } catch (const Error& e) {
    return e.kind() == ErrorKind::kTimeout;
  }
}

/// The lock is the last thing to go, and the folder goes only while it is empty: what another has
/// put into it since is not touched. Whoever resizes the VM puts a file there without the lock.
void remove_folder(const std::string& folder) {
  constexpr int kTries = 5;
  for (int tried = 0;; ++tried) {
    empty_folder(folder);
    const std::string lock = folder + "/" + kLock;
    if (::unlink(lock.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + lock);
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return;
    if (errno != ENOTEMPTY || tried == kTries) throw_errno("removing " + folder);
    if (is_anothers(folder)) return;
  }
}

}  // namespace

bool RecordStore::has(JobId job) const {
  struct stat info {};
  return ::stat(job_folder(runtime_dir_, job).c_str(), &info) == 0;
}

void RecordStore::make_folder(JobId job) const {
  make_trusted_folder(job_folder(runtime_dir_, job), 0700);
}

FileLock RecordStore::lock(JobId job, Deadline deadline) const {
  const std::string path = file(job, kLock);
  for (;;) {
    if (!has(job))
      throw Error(ErrorKind::kNotFound, "job " + job.to_string() + " has no workspace here");
    FileLock lock(path, deadline);
    // Whoever held it may have removed the folder; a lock on an unlinked file guards nothing.
    if (lock.is_file_at(path)) return lock;
  }
}

FileLock RecordStore::make_locked_folder(JobId job, Deadline deadline) const {
  for (;;) {
    try {
      make_folder(job);
      return lock(job, deadline);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kNotFound || deadline.passed()) throw;
    }
  }
}

std::optional<JobRecord> RecordStore::load(JobId job) const {
  const std::string path = file(job, JobRecord::kFileName);
  try {
    JobRecord record = read_job_record(job_folder(runtime_dir_, job));
    // Whoever acts upon it acts upon the job that it names.
    if (record.job != job) {
      throw Error(ErrorKind::kInvalid,
                  path + " is damaged: it is the record of job " + record.job.to_string());
    }
    return record;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return std::nullopt;
    // Nobody but root can have put it there, so it is no user's fault.
    if (e.kind() == ErrorKind::kDenied) throw Error(ErrorKind::kInvalid, e.text());
    throw;
  }
}

void RecordStore::save(const JobRecord& record) const {
  write_file_atomic(file(record.job, JobRecord::kFileName), record.to_lines(), 0600);
}

void RecordStore::save_resized(JobId job, const ResizedVm& resized) const {
  write_file_atomic(file(job, ResizedVm::kFileName), resized.to_lines(), 0600);
}

void RecordStore::save_console(const JobRecord& record, std::string_view text) const {
  const std::string path = console_copy(runtime_dir_, record.job);
  write_file_atomic(path, text, 0400);
  if (::chown(path.c_str(), record.uid, static_cast<gid_t>(-1)) != 0)
    throw_errno("giving " + path + " to the job's owner");
}

void RecordStore::remove(JobId job) const {
  std::error_code error;
  std::filesystem::remove(console_copy(runtime_dir_, job), error);
  if (error) throw_errno("removing " + console_copy(runtime_dir_, job), error.value());
  remove_unfinished(console_copy(runtime_dir_, job));
  remove_folder(job_folder(runtime_dir_, job));
}

std::vector<JobId> RecordStore::jobs() const {
  std::vector<JobId> jobs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(runtime_dir_, error)) {
    if (const auto job = parse_job_id(entry.path().filename().string())) jobs.push_back(*job);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("listing " + runtime_dir_, error.value());
  return jobs;
}

std::string RecordStore::file(JobId job, std::string_view name) const {
  return job_folder(runtime_dir_, job) + "/" + std::string(name);
}

}  // namespace workspace
