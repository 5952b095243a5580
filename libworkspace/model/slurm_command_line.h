#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// The command line of one of Slurm's commands (kHostCommandNames), taken apart as the command's
/// own getopt_long(3) would: what is an option, what is an option's value, and what is a word of
/// its own. It is not the judge of values, nor of options that it does not know: a later Slurm or
/// another plugin may have them.
struct SlurmCommandLine {
  struct Option {
    std::string name;  ///< as it was given: `--uid`, or its abbreviation `--ui`, or `-M`
    std::optional<std::string> value;
    bool certain = true;  ///< false where its value, or that it has none, is only assumed
  };
  std::vector<Option> options;

  /// The places in argv of the words that are no options. Of srun, sbatch, salloc and sattach the
  /// first is the program, script or step, and all behind it belongs to that.
  std::vector<std::size_t> words;

  /// True if an option that may be `name` was given: `--name` itself or an abbreviation of it, or
  /// the letter (0: there is none).
  [[nodiscard]] bool may_have(std::string_view name, char letter) const;

  /// argv[0] is the command's name. What an unknown option without a value is followed by counts as
  /// its value, and the options end later then: so a refused option cannot hide behind it.
  static SlurmCommandLine parse(const std::vector<std::string>& argv);
};

/// True if the command reads its standard input: the others must not be given what the program that
/// calls them means to read itself.
bool reads_stdin(const std::vector<std::string>& argv, const SlurmCommandLine& line);

}  // namespace workspace
