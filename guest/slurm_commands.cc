#include "guest/slurm_commands.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "guest/command_call.h"
#include "guest/command_door.h"
#include "guest/files.h"
#include "guest/held_salloc.h"
#include "guest/report.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/ending.h"
#include "libworkspace/guest/standard_descriptors.h"
#include "libworkspace/model/host_commands.h"
#include "libworkspace/model/slurm_command_line.h"

namespace workspace::agent {
namespace {

constexpr int kExitWorkspace = 125;
constexpr char kLinkFolder[] = "/usr/bin";
constexpr const char* kSystemFolders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                          "/usr/bin",        "/sbin",          "/bin"};

bool image_has(const std::string& name) {
  return std::any_of(std::begin(kSystemFolders), std::end(kSystemFolders), [&](const char* folder) {
    struct stat status {};
    return ::lstat((std::string(folder) + "/" + name).c_str(), &status) == 0;
  });
}

void link(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0 && errno != EEXIST)
    throw_guest_errno("linking " + path);
}

std::string absolute(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

/// The batch script travels with the request: the node may not see the guest's file.
void take_script_along(TaskSpec& spec, const SlurmCommandLine& line) {
  if (spec.argv[0] != "sbatch" || line.words.empty()) return;
  const std::string path = absolute(spec.working_directory, spec.argv[line.words.front()]);
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      ::access(path.c_str(), R_OK) == 0)
    spec.script_path = path;
}

std::string path_in(const std::string& folder, std::string_view name) {
  return folder + "/" + std::string(name);
}

void mount_and_link() {
  const std::string folder = std::string(CommandDoor::kFolder) + "/bin";
  make_folders(folder);
  const std::string program = folder + "/slurm-command";
  const UniqueFd place(::open(program.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
  if (!place.valid()) throw_guest_errno("making " + program);
  if (::mount("/proc/self/exe", program.c_str(), nullptr, MS_BIND, nullptr) != 0)
    throw_guest_errno("mounting " + program);
  make_folders(kLinkFolder);
  for (const auto name : kHostCommandNames) {
    const std::string command(name);
    link("slurm-command", path_in(folder, name));
    if (!image_has(command)) link(path_in(folder, name), path_in(kLinkFolder, name));
  }
}

}  // namespace

void offer_slurm_commands() {
  try {
    mount_and_link();
  } catch (const Error& e) {
    report("Slurm's commands do not work inside: " + e.text());
  }
}

int slurm_command_main(int argc, char** argv) {
  const UniqueFd own_stderr(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  try {
    std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) throw Error(ErrorKind::kUsage, "the command has no name");
    words[0] = words[0].substr(words[0].rfind('/') + 1);
    const auto line = SlurmCommandLine::parse(words);
    TaskSpec spec = describe_call(words);
    if (!reads_stdin(words, line)) leave_stdin(spec);
    take_script_along(spec, line);
    fill_closed_stdio();
    if (words[0] == "salloc" && !line.may_have("no-shell", 0)) {
      const auto first = line.words.empty()
                             ? words.end()
                             : words.begin() + static_cast<std::ptrdiff_t>(line.words.front());
      return run_held_salloc(std::move(spec), {first, words.end()});
    }
    end_like(CommandCall(spec, CallStreams::of_this_process(spec)).run());
  } catch (const Error& e) {
    const std::string text = "workspace: " + e.text() + "\n";
    (void)!::write(own_stderr.get(), text.data(), text.size());
  }
  return kExitWorkspace;
}

}  // namespace workspace::agent
