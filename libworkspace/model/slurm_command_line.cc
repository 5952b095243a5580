#include "libworkspace/model/slurm_command_line.h"

#include <algorithm>
#include <array>
#include <span>

namespace workspace {
namespace {

/// What a command's options look like, by the manual pages of Slurm 22.05 to 24.05.
struct Syntax {
  std::string_view command;
  std::string_view letters_with_value;
  std::string_view letters;  ///< without one, or with one that is optional and stands right behind
  std::span<const std::string_view> names_with_value;
  std::span<const std::string_view> names;
  bool options_end_at_first_word;
};

constexpr std::string_view kSubmitNamesWithValue[] = {"account",
                                                      "acctg-freq",
                                                      "array",
                                                      "batch",
                                                      "bb",
                                                      "bbf",
                                                      "bcast-exclude",
                                                      "begin",
                                                      "chdir",
                                                      "cluster-constraint",
                                                      "clusters",
                                                      "comment",
                                                      "constraint",
                                                      "container",
                                                      "container-id",
                                                      "core-spec",
                                                      "cores-per-socket",
                                                      "cpu-bind",
                                                      "cpu-freq",
                                                      "cpus-per-gpu",
                                                      "cpus-per-task",
                                                      "deadline",
                                                      "delay-boot",
                                                      "dependency",
                                                      "distribution",
                                                      "epilog",
                                                      "error",
                                                      "exclude",
                                                      "export",
                                                      "export-file",
                                                      "extra",
                                                      "extra-node-info",
                                                      "gid",
                                                      "gpu-bind",
                                                      "gpu-freq",
                                                      "gpus",
                                                      "gpus-per-node",
                                                      "gpus-per-socket",
                                                      "gpus-per-task",
                                                      "gres",
                                                      "gres-flags",
                                                      "het-group",
                                                      "hint",
                                                      "input",
                                                      "job-name",
                                                      "jobid",
                                                      "licenses",
                                                      "mail-type",
                                                      "mail-user",
                                                      "mcs-label",
                                                      "mem",
                                                      "mem-bind",
                                                      "mem-per-cpu",
                                                      "mem-per-gpu",
                                                      "mincpus",
                                                      "mpi",
                                                      "msg-timeout",
                                                      "network",
                                                      "nodefile",
                                                      "nodelist",
                                                      "nodes",
                                                      "ntasks",
                                                      "ntasks-per-core",
                                                      "ntasks-per-gpu",
                                                      "ntasks-per-node",
                                                      "ntasks-per-socket",
                                                      "ntasks-per-tres",
                                                      "open-mode",
                                                      "output",
                                                      "partition",
                                                      "power",
                                                      "prefer",
                                                      "priority",
                                                      "profile",
                                                      "prolog",
                                                      "qos",
                                                      "relative",
                                                      "reservation",
                                                      "signal",
                                                      "slurmd-debug",
                                                      "sockets-per-node",
                                                      "switches",
                                                      "task-epilog",
                                                      "task-prolog",
                                                      "thread-spec",
                                                      "threads",
                                                      "threads-per-core",
                                                      "time",
                                                      "time-min",
                                                      "tmp",
                                                      "tree-width",
                                                      "tres-per-job",
                                                      "tres-per-task",
                                                      "uid",
                                                      "wckey",
                                                      "workspace",
                                                      "workspace-disk",
                                                      "workspace-env",
                                                      "workspace-mount",
                                                      "workspace-workdir",
                                                      "wrap"};

constexpr std::string_view kSubmitNames[] = {"allusers",
                                             "bcast",
                                             "bell",
                                             "compress",
                                             "contiguous",
                                             "disable-status",
                                             "exact",
                                             "exclusive",
                                             "get-user-env",
                                             "help",
                                             "hold",
                                             "ignore-pbs",
                                             "immediate",
                                             "interactive",
                                             "kill-command",
                                             "kill-on-bad-exit",
                                             "kill-on-invalid-dep",
                                             "label",
                                             "multi-prog",
                                             "nice",
                                             "no-allocate",
                                             "no-bell",
                                             "no-kill",
                                             "no-requeue",
                                             "no-shell",
                                             "overcommit",
                                             "overlap",
                                             "oversubscribe",
                                             "parsable",
                                             "preserve-env",
                                             "propagate",
                                             "pty",
                                             "quiet",
                                             "quit-on-interrupt",
                                             "reboot",
                                             "requeue",
                                             "resv-ports",
                                             "send-libs",
                                             "spread-job",
                                             "test-only",
                                             "unbuffered",
                                             "usage",
                                             "use-min-nodes",
                                             "verbose",
                                             "version",
                                             "whole",
                                             "workspace-root",
                                             "x11"};

constexpr std::string_view kSrunNamesWithValue[] = {"wait"};
constexpr std::string_view kSbatchNames[] = {"wait"};

constexpr std::string_view kSattachNamesWithValue[] = {"input-filter", "output-filter",
                                                       "error-filter"};
constexpr std::string_view kSattachNames[] = {"label",   "layout",  "pty",  "quiet",
                                              "verbose", "version", "help", "usage"};
constexpr std::string_view kScancelNamesWithValue[] = {
    "account", "clusters", "name",  "partition", "qos",      "reservation",
    "sibling", "signal",   "state", "user",      "nodelist", "wckey"};
constexpr std::string_view kScancelNames[] = {"batch", "cron",  "ctld",        "full",
                                              "help",  "hurry", "interactive", "me",
                                              "quiet", "usage", "verbose",     "version"};
constexpr std::string_view kSqueueNamesWithValue[] = {
    "account",  "accounts", "clusters", "format",    "Format",     "iterate", "job",         "jobs",
    "licenses", "name",     "nodelist", "partition", "partitions", "qos",     "reservation", "sort",
    "state",    "states",   "step",     "steps",     "user",       "users"};
constexpr std::string_view kSqueueNames[] = {
    "all",     "array", "array-unique", "federation", "help",     "hide",  "json",
    "local",   "long",  "me",           "noconvert",  "noheader", "notme", "priority",
    "sibling", "start", "usage",        "verbose",    "version",  "yaml",  "only-job-state"};
constexpr std::string_view kSinfoNamesWithValue[] = {
    "cluster", "clusters", "format", "Format", "iterate", "nodes", "partition", "sort", "states"};
constexpr std::string_view kSinfoNames[] = {
    "all",          "dead",      "exact", "federation", "help",    "hide",     "json",
    "list-reasons", "local",     "long",  "noconvert",  "Node",    "noheader", "responding",
    "reservation",  "summarize", "usage", "verbose",    "version", "yaml"};
constexpr std::string_view kScontrolNamesWithValue[] = {"cluster", "clusters", "uid"};
constexpr std::string_view kScontrolNames[] = {
    "all",      "details", "federation", "future", "help",    "hide",    "json", "local",
    "oneliner", "quiet",   "sibling",    "usage",  "verbose", "version", "yaml"};
constexpr std::string_view kSstatNamesWithValue[] = {"format", "jobs"};
constexpr std::string_view kSstatNames[] = {"allsteps", "help",     "helpformat", "noconvert",
                                            "noheader", "parsable", "parsable2",  "pidformat",
                                            "usage",    "verbose",  "version"};
constexpr std::string_view kSacctNamesWithValue[] = {
    "accounts", "cluster", "clusters",  "constraints", "delimiter",     "endtime",
    "env-vars", "file",    "flags",     "format",      "gid",           "group",
    "jobs",     "name",    "ncpus",     "nnodes",      "nodelist",      "partition",
    "qos",      "reason",  "starttime", "state",       "timelimit-max", "timelimit-min",
    "uid",      "units",   "user",      "wckeys",      "whole-hetjob"};
constexpr std::string_view kSacctNames[] = {
    "allclusters", "allocations",   "allusers", "array",      "batch-script",
    "brief",       "completion",    "dump",     "duplicates", "federation",
    "help",        "helpformat",    "json",     "local",      "long",
    "noconvert",   "noheader",      "parsable", "parsable2",  "truncate",
    "usage",       "use-local-uid", "verbose",  "version",    "yaml"};

constexpr std::string_view kSbcastNamesWithValue[] = {"exclude", "fanout",  "jobid",
                                                      "size",    "timeout", "treewidth"};
constexpr std::string_view kSbcastNames[] = {"compress",  "force", "help",    "preserve",
                                             "send-libs", "usage", "verbose", "version"};

constexpr Syntax kSyntaxes[] = {
    {"srun", "ABCDGJLMNSTWbcdeimnopqrtwx", "EHIKOQVXZhklsuv", kSubmitNamesWithValue, kSubmitNames,
     true},
    {"sbatch", "ABCDFGJLMNSabcdeimnopqtwx", "HIOQVWhksv", kSubmitNamesWithValue, kSubmitNames,
     true},
    {"salloc", "ABCDFGJLMNSWbcdmnopqtwx", "HIKOQVhksv", kSubmitNamesWithValue, kSubmitNames, true},
    {"sattach", "", "hlQuvV", kSattachNamesWithValue, kSattachNames, true},
    {"sbcast", "Fjst", "CfhpvV", kSbcastNamesWithValue, kSbcastNames, false},
    {"scancel", "AMnpqRstuw", "bfHiQVv", kScancelNamesWithValue, kScancelNames, false},
    {"squeue", "AijLMnoOpqRsStuUw", "ahlPrvV", kSqueueNamesWithValue, kSqueueNames, false},
    {"sinfo", "iMnoOpSt", "adehlNrRsTvV", kSinfoNamesWithValue, kSinfoNames, false},
    {"scontrol", "Mu", "adhFoQvV", kScontrolNamesWithValue, kScontrolNames, false},
    {"sstat", "jo", "aehinpPvV", kSstatNamesWithValue, kSstatNames, false},
    {"sacct", "ACEFfgIijkKMNoqrsSuWx", "abBcDehLlnpPTUvVX", kSacctNamesWithValue, kSacctNames,
     false},
};

enum class Takes { kNothing, kValue, kUnknown };

bool has(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The one name that `text` abbreviates, or nothing if it is none's or several's.
bool abbreviates_one(std::span<const std::string_view> names, std::string_view text) {
  return std::count_if(names.begin(), names.end(),
                       [&](auto name) { return name.starts_with(text); }) == 1;
}

class Parser {
 public:
  explicit Parser(std::string_view command)
      : syntax_(std::find_if(std::begin(kSyntaxes), std::end(kSyntaxes),
                             [&](const Syntax& s) { return s.command == command; })) {}

  SlurmCommandLine parse(const std::vector<std::string>& argv) {
    bool options_ended = false;
    for (at_ = 1; at_ < argv.size(); ++at_) {
      const std::string_view word = argv[at_];
      if (word == ":" && ends_options()) {
        options_ended = false;  // the next component of a heterogeneous job
      } else if (options_ended || word.size() < 2 || word[0] != '-') {
        line_.words.push_back(at_);
        options_ended = options_ended || ends_options();
      } else if (word == "--") {
        options_ended = true;
      } else if (word[1] == '-') {
        take_name(argv);
      } else {
        take_letters(argv);
      }
    }
    return std::move(line_);
  }

 private:
  [[nodiscard]] bool known() const { return syntax_ != std::end(kSyntaxes); }
  [[nodiscard]] bool ends_options() const { return known() && syntax_->options_end_at_first_word; }

  [[nodiscard]] Takes takes(std::string_view name) const {
    if (!known()) return Takes::kUnknown;
    // Of one command an option that the others have not, or have otherwise.
    if (syntax_->command == "srun" && has(kSrunNamesWithValue, name)) return Takes::kValue;
    if (syntax_->command == "sbatch" && has(kSbatchNames, name)) return Takes::kNothing;
    if (has(syntax_->names_with_value, name)) return Takes::kValue;
    if (has(syntax_->names, name)) return Takes::kNothing;
    const bool with = abbreviates_one(syntax_->names_with_value, name);
    const bool without = abbreviates_one(syntax_->names, name);
    if (with == without) return Takes::kUnknown;
    return with ? Takes::kValue : Takes::kNothing;
  }

  [[nodiscard]] bool is_name(std::string_view name) const {
    return known() && (has(syntax_->names_with_value, name) || has(syntax_->names, name));
  }

  /// The next word as an option's value, if there is one.
  std::optional<std::string> next_word(const std::vector<std::string>& argv) {
    if (at_ + 1 >= argv.size()) return std::nullopt;
    return argv[++at_];
  }

  void take_name(const std::vector<std::string>& argv) {
    const std::string& word = argv[at_];
    const auto equals = word.find('=');
    SlurmCommandLine::Option option{word.substr(0, equals), std::nullopt, true};
    if (equals != std::string::npos) {
      option.value = word.substr(equals + 1);
    } else {
      const Takes takes_what = takes(std::string_view(word).substr(2));
      option.certain = is_name(std::string_view(word).substr(2));
      if (takes_what == Takes::kValue) option.value = next_word(argv);
      if (takes_what == Takes::kUnknown && at_ + 1 < argv.size() && !argv[at_ + 1].starts_with('-'))
        option.value = next_word(argv);
    }
    line_.options.push_back(std::move(option));
  }

  /// `-vn4`, `-n 4`: letters without a value may stand together, the rest of the word or the next
  /// one is the value of one that has it. Of an unknown letter the rest of the word may be either.
  void take_letters(const std::vector<std::string>& argv) {
    const std::string_view letters = std::string_view(argv[at_]).substr(1);
    for (std::size_t i = 0; i < letters.size(); ++i) {
      SlurmCommandLine::Option option{std::string("-") + letters[i], std::nullopt, true};
      if (known() && syntax_->letters_with_value.find(letters[i]) != std::string_view::npos) {
        option.value =
            i + 1 < letters.size() ? std::string(letters.substr(i + 1)) : next_word(argv);
        line_.options.push_back(std::move(option));
        return;
      }
      line_.options.push_back(std::move(option));
    }
  }

  const Syntax* syntax_;
  SlurmCommandLine line_;
  std::size_t at_ = 1;
};

}  // namespace

SlurmCommandLine SlurmCommandLine::parse(const std::vector<std::string>& argv) {
  if (argv.empty()) return {};
  return Parser(argv[0]).parse(argv);
}

bool SlurmCommandLine::may_have(std::string_view name, char letter) const {
  return std::any_of(options.begin(), options.end(), [&](const Option& option) {
    if (option.name.size() == 2) return letter != 0 && option.name[1] == letter;
    return name.starts_with(std::string_view(option.name).substr(2));
  });
}

bool reads_stdin(const std::vector<std::string>& argv, const SlurmCommandLine& line) {
  const std::string& command = argv.at(0);
  if (command == "srun" || command == "sattach") return true;
  if (command == "sbatch") return line.words.empty() && !line.may_have("wrap", 0);
  if (command == "scontrol") return line.words.empty();
  return command == "scancel" && line.may_have("interactive", 'i');
}

}  // namespace workspace
