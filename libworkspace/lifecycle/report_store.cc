#include "libworkspace/lifecycle/report_store.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/read_grant.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/base/unfinished_file.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".report";

std::string file_name(JobId job, const std::string& node) {
  return job.to_string() + "." + node + kEnding;
}

/// The files in the folder of whose names `wanted` holds; none without a folder.
template <class Wanted>
std::vector<fs::path> find_files(const std::string& folder, Wanted wanted) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (wanted(entry.path().filename().string())) files.push_back(entry.path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("listing " + folder, error.value());
  return files;
}

/// Of a file that write_file_atomic has not finished: whether the process in its name is no more.
bool is_abandoned(const std::string& name) {
  const std::string number = name.substr(name.rfind('-') + 1);
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
  return error == std::errc() && *end == '\0' && pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

void ReportStore::save(const JobReport& report, std::uint64_t most) const {
  make_trusted_folder(folder_, 0755);
  const std::string path = folder_ + "/" + file_name(report.job, report.node);
  write_file_atomic(path, report.to_lines(), 0600);
  grant_reading(path, report.uid);
  prune(report.node, most);
}

void ReportStore::remove_unfinished_of(JobId job, const std::string& node) const {
  remove_unfinished(folder_ + "/" + file_name(job, node));
}

void ReportStore::remove_abandoned(const std::string& node) const {
  const std::string mark = "." + node + kEnding + kUnfinished;
  const auto files = find_files(folder_, [&](const std::string& name) {
    return name.find(mark) != std::string::npos && is_abandoned(name);
  });
  for (const auto& file : files) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + file.string());
  }
}

void ReportStore::prune(const std::string& node, std::uint64_t most) const {
  const auto files = find_files(
      folder_, [&](const std::string& name) { return name.ends_with("." + node + kEnding); });
  if (files.size() <= most) return;
  std::vector<std::pair<fs::file_time_type, fs::path>> by_age;
  std::error_code error;
  for (const auto& file : files) by_age.emplace_back(fs::last_write_time(file, error), file);
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(by_age.size() - most);
  for (const auto& [time, file] : by_age) fs::remove(file, error);
}

std::vector<JobReport> ReportStore::load(JobId job) const {
  auto files = find_files(folder_, [&](const std::string& name) {
    return name.ends_with(kEnding) && name.starts_with(job.to_string() + ".");
  });
  std::sort(files.begin(), files.end());
  std::vector<JobReport> reports;
  for (const auto& file : files) {
    if (::access(file.c_str(), R_OK) == 0)
      reports.push_back(JobReport::parse(read_file(file.string(), JobReport::kMaxBytes)));
  }
  if (reports.empty() && !files.empty()) {
    throw Error(
        ErrorKind::kDenied,
        "job " + job.to_string() + " is not yours; only its owner and root may see its report");
  }
  return reports;
}

}  // namespace workspace
