#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// `srun --multi-prog FILE ARG…` runs another program in each task. Slurm works out each task's
/// program, but shows plugins only FILE, its text and the ARGs, so we work it out again.

/// True if the text has the form of such a file: its first line that is not empty or a comment
/// begins with task numbers. Other text may have it too (`srun echo '0 a'`); see
/// is_multi_prog_file.
bool looks_like_multi_prog(std::string_view text);

/// True if `path` is a readable file that holds exactly `text`: what srun read with --multi-prog.
bool is_multi_prog_file(const std::string& path, std::string_view text);

/// The argv of the task with this number (counted over all of the step's tasks), by Slurm's rules:
/// the first line that names the task counts; a backslash takes the next byte as it is, or joins
/// the next line; single quotes keep what they hold; `%t` is the task's number and `%o` its place
/// in the line's range. `extra` (the ARGs) stands behind the line's own words.
/// Errors: kInvalid for a malformed line, naming it; kNotFound when no line names the task.
std::vector<std::string> multi_prog_argv(std::string_view text, std::uint32_t task,
                                         const std::vector<std::string>& extra);

}  // namespace workspace
