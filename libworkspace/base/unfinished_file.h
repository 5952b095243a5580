#pragma once

#include <string>

namespace workspace {

/// What write_file_atomic (fd.h) puts between a file's name and the number of its own process, to
/// name what it has not finished yet.
inline constexpr char kUnfinished[] = ".new-";

/// Removes what writers of `path` that were killed have left. The caller knows that nobody writes
/// it at this moment. Errors: kHost.
void remove_unfinished(const std::string& path);

}  // namespace workspace
