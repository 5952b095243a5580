#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/model/site_config.h"

/// What the subcommands share.
namespace workspace::cli {

/// The site's configuration, or that of `--config`. Errors: kHost.
SiteConfig site_config(const Arguments& arguments);

/// The path from the root on. Errors: kHost.
std::string absolute_path(const std::string& path);

/// Writes to stdout and returns 0, the exit status of a command that has said what it had to say.
/// Errors: kHost, such as for a full disk.
int print(std::string_view text);

/// One line on stderr for something that is wrong but does not stop the command.
void warn(std::string_view text);

/// Lines of left-aligned columns, two spaces apart; the last column is as wide as it comes.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// `97.4 MiB`: bytes as people read them.
std::string format_bytes(std::uint64_t bytes);

/// The sum of an image's files.
std::uint64_t total_bytes(const Manifest& manifest);

/// `2026-11-22T13:50:01Z`.
std::string format_time(std::chrono::system_clock::time_point time);

}  // namespace workspace::cli
