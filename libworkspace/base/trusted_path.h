#pragma once

#include <cstddef>
#include <string>

#include "libworkspace/base/fd.h"

namespace workspace {

/// Opens a regular file for reading that nobody but root could have put there: an absolute path, no
/// part of it a link, and every folder and the file itself owned by root (or by the caller's own
/// effective uid, for tests and unprivileged use) and writable by no group or other. A sticky
/// folder such as /tmp may be written by others, but the next part must then belong to a trusted
/// owner.
///
/// The walk goes down by openat(2) with O_NOFOLLOW, so nothing can be exchanged between check and
/// use. Errors: kNotFound; kDenied, naming the part and the reason; kHost.
UniqueFd open_trusted_file(const std::string& path);

/// The text of such a file. Errors: also kInvalid, when it holds more than `max_bytes`.
std::string read_trusted_file(const std::string& path, std::size_t max_bytes);

/// The same for a folder.
UniqueFd open_trusted_folder(const std::string& path);

/// Makes a folder (and its parents, mode 0755) with `mode`, owned by the caller; one that is there
/// must pass open_trusted_folder. Errors as there.
void make_trusted_folder(const std::string& path, unsigned mode);

}  // namespace workspace
