#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workspace::exec {

/// What the site's TaskProlog (slurm.conf(5)) is given of a task's environment: what Slurm says,
/// who the user is, and a PATH of the node's. It runs on the node, where nothing that the user
/// chose may choose a program, a library or a start-up file.
std::vector<std::string> prolog_environment(const std::vector<std::string>& task_environment);

/// One line of what a TaskProlog says: `export NAME=value`, `unset NAME`, `print text`. Others mean
/// nothing. Returns the text to print, with its line's end.
std::string apply_prolog_line(std::string_view line, std::vector<std::string>& environment);

/// Runs the TaskProlog as this process's user, applies to `environment` what it says, and prints
/// what it asks for on stdout. Returns its exit status; a task whose TaskProlog failed is not to
/// run. Errors: kHost.
int run_task_prolog(const std::string& program, std::vector<std::string>& environment);

}  // namespace workspace::exec
