#include "cli/dispatch.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "build_paths.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/subcommand.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::cli {
namespace {

constexpr std::array kImageOptions = {kJson, kConfig, kHelp};
constexpr std::array kListOptions = {kJson, kConfig, kHelp};
constexpr std::array kNodeOptions = {
    Option{"--node", "NAME", "the node's name in Slurm; without it the host's"}, kHelp};
constexpr std::array kReconcileOptions = {
    Option{"--node", "NAME", "the node's name in Slurm; without it the host's"}, kJson, kHelp};
constexpr std::array kFeaturesOptions = {
    Option{"--update", "", "first let Slurm show what is cached now (root)"},
    Option{"--node", "NAME", "the node's name in Slurm; without it the host's"}, kJson, kConfig,
    kHelp};
constexpr std::array kEnterOptions = {
    Option{"--node", "NAME", "on this node of the job; without it the job's first"}, kHelp};
constexpr std::array kPsOptions = {kJson, kHelp};
constexpr std::array kResizeOptions = {
    Option{"--memory", "SIZE", "the VM's memory, such as 300M"},
    Option{"--vcpus", "N", "the vCPUs that it uses"},
    Option{"--node", "NAME", "on this node of the job; without it on all"}, kHelp};
constexpr std::array kTopOptions = {
    Option{"--interval", "SECONDS", "between two looks; without it 2"},
    Option{"--count", "N", "end after so many tables; without it never"}, kHelp};
constexpr std::array kMetricsOptions = {
    Option{"--write", "", "into the site's folder of metrics, for node_exporter"}, kHelp};
constexpr std::array kCheckOptions = {
    kJson, Option{"--fix", "", "do of it what is safe, and check again"},
    Option{"--dry-run", "", "tell what --fix would run"},
    Option{"--node", "NAME", "the node's name in Slurm; without it the host's"}, kHelp};
constexpr std::array kReportOptions = {
    kJson, Option{"--svg", "", "a picture of the job's time, as SVG"}, kConfig, kHelp};
constexpr std::array kResolveOptions = {
    Option{"--image", "NAME[:VERSION]", "the image; without a version the newest"},
    Option{"--disk", "SIZE", "the scratch disk's size; 0 is the site's default"},
    Option{"--mount", "SRC[:DST[:ro]][,…]", "folders of the node to show inside"},
    Option{"--env", "VAR[,VAR…]", "variables that are inside as they are outside"},
    Option{"--workdir", "DIR", "the folder inside that tasks start in"},
    Option{"--root", "", "root inside, where the image permits it"},
    Option{"--save", "NAME", "the image to keep the job's changes as"},
    kConfig,
    kHelp};

constexpr std::array kCoreCommands = {
    Subcommand{"list", "", "the images you may use", kListOptions, &run_list},
    Subcommand{"image list", "", "every registered version of every image", kListOptions,
               &run_image_list},
    Subcommand{"image show", "NAME[:VERSION]", "all that the catalogue knows of an image",
               kListOptions, &run_image_show},
    Subcommand{"image register", "MANIFEST", "put an image into the site's store (administrators)",
               kImageOptions, &run_image_register},
    Subcommand{"enter", "JOB [COMMAND…]",
               "join your running job: a shell, or the command, in its VM", kEnterOptions,
               &run_enter},
    Subcommand{"console", "JOB", "the boot log of your running job's VM", kEnterOptions,
               &run_console},
    Subcommand{"ps", "[JOB]", "your workspace jobs, or the VMs of one; for root, this node's",
               kPsOptions, &run_ps},
    Subcommand{"top", "[JOB]", "what the VMs of your jobs do; for root, this node's", kTopOptions,
               &run_top},
    Subcommand{"resize", "JOB", "take from your job's VMs, or give again, what the job has",
               kResizeOptions, &run_resize},
    Subcommand{"report", "JOB", "what your job's VM took, once the job has ended", kReportOptions,
               &run_report},
    Subcommand{"node check", "", "what is right and wrong on this node, and how to mend it (root)",
               kCheckOptions, &run_node_check},
    Subcommand{"node reconcile", "", "remove what jobs that Slurm no longer has left here (root)",
               kReconcileOptions, &run_node_reconcile},
    Subcommand{"node metrics", "", "the VMs of this node, for Prometheus (root)", kMetricsOptions,
               &run_node_metrics},
    Subcommand{"node config", "", "the line for this node in slurm.conf (root)", kNodeOptions,
               &run_node_config},
    Subcommand{"node features", "", "the features of this node in Slurm, cached images too",
               kFeaturesOptions, &run_node_features},
    Subcommand{"resolve", "", "check a request and print it as the scheduler carries it",
               kResolveOptions, &run_resolve},
};

/// All there are, group by group, in the order of the help.
const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all = [] {
    std::vector<Subcommand> commands(kCoreCommands.begin(), kCoreCommands.end());
    for (const auto group : {import_commands(), trust_commands(), catalog_commands()})
      commands.insert(commands.end(), group.begin(), group.end());
    return commands;
  }();
  return all;
}

std::string usage_line(const Subcommand& subcommand) {
  std::string line = "workspace " + std::string(subcommand.words);
  if (!subcommand.synopsis.empty()) line += " " + std::string(subcommand.synopsis);
  return line;
}

std::string help() {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(subcommands().size());
  for (const auto& subcommand : subcommands())
    rows.push_back({"  " + usage_line(subcommand), std::string(subcommand.summary)});
  return "Slurm jobs inside virtual machines: the images and the jobs that run in them.\n\n" +
         format_table(rows) +
         "\nworkspace COMMAND --help tells a command's options; workspace --version the version.\n";
}

std::string help_of(const Subcommand& subcommand) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(subcommand.options.size());
  for (const auto& option : subcommand.options)
    rows.push_back({"  " + std::string(option.name) + " " + std::string(option.value),
                    std::string(option.summary)});
  return "usage: " + usage_line(subcommand) + " [OPTION…]\n" + std::string(subcommand.summary) +
         "\n\n" + format_table(rows);
}

/// How many of the given words name this subcommand; 0 if they do not.
std::size_t words_matched(const Subcommand& subcommand, std::span<const std::string> words) {
  const auto names = split(subcommand.words, ' ');
  const bool matches =
      words.size() >= names.size() && std::equal(names.begin(), names.end(), words.begin());
  return matches ? names.size() : 0;
}

[[noreturn]] void refuse_command(std::span<const std::string> words) {
  std::string given = words[0];
  // `image lst`: the second word of a group is part of the command's name.
  const bool group =
      std::any_of(subcommands().begin(), subcommands().end(),
                  [&](const auto& known) { return known.words.starts_with(words[0] + " "); });
  if (group && words.size() > 1) given += " " + words[1];
  std::vector<std::string_view> names;
  names.reserve(subcommands().size());
  for (const auto& subcommand : subcommands()) names.push_back(subcommand.words);
  const auto near = nearest_word(given, names);
  throw Error(ErrorKind::kUsage,
              "unknown command '" + printable(given, 64) + "'" +
                  (near ? "; did you mean '" + *near + "'?" : "; see workspace --help"));
}

}  // namespace

int dispatch(int argc, char** argv) {
  const std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  if (all.empty()) throw Error(ErrorKind::kUsage, "a command is missing; see workspace --help");
  if (all[0] == "--help" || all[0] == "-h" || all[0] == "help") return print(help());
  if (all[0] == "--version") return print("workspace " + std::string(build_paths::kVersion) + "\n");
  for (const auto& subcommand : subcommands()) {
    const std::size_t matched = words_matched(subcommand, all);
    if (matched == 0) continue;
    const auto words = std::span(all).subspan(matched);
    // Help is given whatever else is missing or wrong.
    if (std::find(words.begin(), words.end(), "--help") != words.end())
      return print(help_of(subcommand));
    return subcommand.run(Arguments::parse(words, subcommand.options, subcommand.synopsis));
  }
  refuse_command(all);
}

}  // namespace workspace::cli
