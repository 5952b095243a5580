#include "libworkspace/lifecycle/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {
namespace {

UniqueFd open_log(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = path.substr(0, slash);
  make_trusted_folder(folder, 0755);
  const UniqueFd parent = open_trusted_folder(folder);
  UniqueFd fd(::openat(parent.get(), path.c_str() + slash + 1,
                       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.valid()) throw_errno("opening " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("reading the state of " + path);
  if (!S_ISREG(info.st_mode)) throw Error(ErrorKind::kHost, path + " is not a regular file");
  return fd;
}

}  // namespace

std::string AuditEntry::to_line() const {
  Fields fields;
  fields.add("time", format_utc_time(utc_now()));
  fields.add("node", node);
  fields.add("job", job.to_string());
  fields.add("uid", std::uint64_t{uid});
  fields.add("user", user);
  fields.add("image", image);
  fields.add("digest", digest);
  fields.add("key", key);
  fields.add("key_id", key_id);
  fields.add("outcome", refusal.empty() ? "granted" : "refused");
  if (!refusal.empty()) fields.add("reason", refusal);
  return fields.to_line();
}

void append_audit_entry(const std::string& path, const AuditEntry& entry) {
  try {
    const UniqueFd fd = open_log(path);
    // One write(2) of a file opened for appending is one line, whoever else writes.
    write_all(fd.get(), entry.to_line() + "\n", "writing " + path);
    if (::fdatasync(fd.get()) != 0) throw_errno("writing " + path);
  } catch (const Error& e) {
    throw Error(ErrorKind::kHost, "the audit log cannot be written: " + e.text());
  }
}

}  // namespace workspace
