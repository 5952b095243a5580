#pragma once

namespace workspace::cli {

/// Runs the subcommand that the words name and returns its exit status. Errors: kUsage, and the
/// subcommand's.
int dispatch(int argc, char** argv);

}  // namespace workspace::cli
