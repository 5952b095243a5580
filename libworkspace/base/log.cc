#include "libworkspace/base/log.h"

#include <syslog.h>

#include <cstdio>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

std::string& context() {
  static std::string words = "workspace";
  return words;
}

bool& stderr_has_log() {
  static bool has_log = true;
  return has_log;
}

void write_line(int priority, std::string_view level, std::string_view text) {
  const std::string line = context() + ": " + std::string(level) + printable(text);
  if (stderr_has_log()) std::fprintf(stderr, "%s\n", line.c_str());
  ::syslog(LOG_DAEMON | priority, "%s", line.c_str());
}

}  // namespace

void set_log_context(std::string_view program, std::string_view job) {
  context() = std::string(program);
  if (!job.empty()) context() += ": job " + std::string(job);
}

void keep_log_from_stderr() { stderr_has_log() = false; }

void log_info(std::string_view text) { write_line(LOG_INFO, "", text); }
void log_warning(std::string_view text) { write_line(LOG_WARNING, "warning: ", text); }
void log_error(std::string_view text) { write_line(LOG_ERR, "error: ", text); }

}  // namespace workspace
