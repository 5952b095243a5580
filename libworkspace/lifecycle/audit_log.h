#pragma once

#include <cstdint>
#include <string>

#include "libworkspace/model/job_names.h"

namespace workspace {

/// One use of an image on this node, or an attempt that was refused.
struct AuditEntry {
  explicit AuditEntry(JobId id) : job(id) {}

  JobId job;
  std::string node;
  std::uint32_t uid = 0;
  std::string user;
  std::string image;  ///< NAME:VERSION
  std::string digest;
  std::string key;  ///< that approved it; empty: none did
  std::string key_id;
  std::string refusal;  ///< why; empty: it was granted

  /// `time=… node=… job=… uid=… user=… image=… digest=… key=… key_id=… outcome=granted`, or
  /// `… outcome=refused reason=…`, with the values escaped as in Fields.
  [[nodiscard]] std::string to_line() const;
};

/// Appends the entry's line, with the time of now, and brings it to the disk. The folder is made
/// where it is not there; the file is for root's eyes alone. Lines of several prologs at once do
/// not mix. Errors: kHost: what is not written down does not happen.
void append_audit_entry(const std::string& path, const AuditEntry& entry);

}  // namespace workspace
