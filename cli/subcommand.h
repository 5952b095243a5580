#pragma once

#include <span>
#include <string_view>

#include "cli/arguments.h"

namespace workspace::cli {

inline constexpr Option kHelp{"--help", "", "show this text"};
inline constexpr Option kConfig{"--config", "FILE",
                                "read this site configuration, not the site's own"};
inline constexpr Option kJson{"--json", "", "print JSON"};

struct Subcommand {
  std::string_view words;
  std::string_view synopsis;  ///< the words behind it that are no options
  std::string_view summary;
  std::span<const Option> options;
  int (*run)(const Arguments&);
};

/// The groups that have a table of their own, in the file of the name.
std::span<const Subcommand> import_commands();
std::span<const Subcommand> catalog_commands();
std::span<const Subcommand> trust_commands();

}  // namespace workspace::cli
