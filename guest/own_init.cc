#include "guest/own_init.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "guest/cgroups.h"
#include "guest/files.h"
#include "guest/report.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/messages.h"

namespace workspace::agent {
namespace {

constexpr char kInit[] = "/sbin/init";
constexpr char kAgentCgroup[] = "workspace-agent";
/// systemd makes it first of all; sd_booted(3) looks for it.
constexpr char kSystemdSign[] = "/run/systemd/system";
/// Its being there says that the system is up. Another init than systemd makes it itself.
constexpr char kUpSign[] = "/run/workspace/up";
constexpr std::size_t kMaxStateBytes = 256;
constexpr std::size_t kMaxUnitsTold = 5;
constexpr std::chrono::milliseconds kLookAgain(100);

/// As machine-id(5) has it. It is no secret, so it need not wait for a generator that is well
/// seeded.
std::string random_machine_id() {
  std::string id = read_small_file("/proc/sys/kernel/random/uuid");
  std::erase(id, '-');
  return id;
}

void expect_init() {
  struct stat status {};
  if (::stat(kInit, &status) != 0 || !S_ISREG(status.st_mode) || ::access(kInit, X_OK) != 0) {
    throw Error(ErrorKind::kGuest, std::string("the image has no program ") + kInit +
                                       ", which boot: init in its manifest calls for");
  }
}

[[noreturn]] void become_init() {
  const int console = ::open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (console >= 0) ::dup2(console, fd);
  }
  ::execl(kInit, kInit, nullptr);
  fail(std::string("the image's ") + kInit + " cannot be executed: " + std::strerror(errno));
}

[[noreturn]] void become_systemctl(const UniqueFd& output, std::vector<std::string> arguments) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output.get(), STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  arguments.insert(arguments.begin(), "systemctl");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  for (const char* path : {"/bin/systemctl", "/usr/bin/systemctl"}) ::execv(path, argv.data());
  ::_exit(1);
}

/// What it prints; empty where it cannot reach systemd yet, or does not know an option.
std::string systemctl(std::vector<std::string> arguments) {
  constexpr std::size_t kMaxOutputBytes = 65536;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_guest_errno("making a pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) become_systemctl(writing, std::move(arguments));
  if (pid < 0) throw_guest_errno("starting systemctl");
  writing.reset();
  std::string output = read_all(reading.get(), kMaxOutputBytes, "reading from systemctl");
  ::waitpid(pid, nullptr, 0);
  return output;
}

void tell_up(const std::string& state) {
  report("the image's system is up: " + state);
  replace_file(kUpSign, state + "\n", 0644);
}

/// `--wait` came with systemd 240, and needs systemd's socket; so it is used every other time.
void follow_systemd() {
  for (bool wait = true;; wait = !wait) {
    std::vector<std::string> arguments = {"is-system-running"};
    if (wait) arguments.emplace_back("--wait");
    const std::string state = split(systemctl(std::move(arguments)), '\n').front();
    if (state == "running") return tell_up(state);
    if (state == "degraded")
      return tell_up(state + ": " +
                     failed_units(systemctl({"--failed", "--plain", "--no-legend"})));
    if (state == "maintenance")
      fail("the image's system did not get up: systemd is in its emergency or rescue mode");
    std::this_thread::sleep_for(kLookAgain);
  }
}

/// The node bounds this wait: a VM that is not ready within its boot_timeout is ended.
void follow_start() {
  while (::access(kSystemdSign, F_OK) != 0) {
    if (::access(kUpSign, F_OK) == 0) return report("the image's system is up: " + system_state());
    std::this_thread::sleep_for(kLookAgain);
  }
  follow_systemd();
}

/// In a process of its own, so that the agent answers meanwhile.
void follow_start_in_child() {
  const pid_t pid = ::fork();
  if (pid < 0) throw_guest_errno("starting a process");
  if (pid > 0) return;
  try {
    follow_start();
  } catch (const std::exception& e) {
    fail(e.what());
  }
  ::_exit(0);
}

}  // namespace

void prepare_for_init() {
  // Without one systemd takes this for the first boot of an installation and asks at the console.
  replace_file("/etc/machine-id", random_machine_id(), 0444);
  // The disks that the image's machine had are not here, and systemd would wait for them.
  if (::access("/etc/fstab", F_OK) == 0)
    replace_file("/etc/fstab", "# In a workspace the root is all there is.\n", 0644);
  make_folders("/run/workspace");
}

void hand_over_to_init(char* own_name) {
  expect_init();
  report(std::string("the image's ") + kInit + " takes over");
  // Both before the copy is made, so that the init cannot be quicker: systemd moves all processes
  // that it finds in the root cgroup into its own. The init's exec leaves the name behind.
  own_name[0] = '@';
  enter_cgroup(kAgentCgroup);
  const pid_t pid = ::fork();
  if (pid < 0) throw_guest_errno("starting the agent beside the image's init");
  if (pid > 0) {
    enter_cgroup("");
    become_init();
  }
  ::setsid();
  ::prctl(PR_SET_NAME, "workspace-agent");
  follow_start_in_child();
}

std::string system_state() {
  if (::access(kUpSign, F_OK) != 0) return Readiness::kSystemStarting;
  return state_of_sign(read_small_file(kUpSign));
}

std::string state_of_sign(const std::string& content) {
  const std::string state = printable(split(content, '\n').front(), kMaxStateBytes);
  return state.empty() ? "running" : state;
}

std::string failed_units(const std::string& listing) {
  std::vector<std::string> units;
  for (const auto& line : split(listing, '\n')) {
    const std::string unit = line.substr(0, line.find(' '));
    if (!unit.empty()) units.push_back(unit);
  }
  const std::size_t all = units.size();
  if (all > kMaxUnitsTold) units.resize(kMaxUnitsTold);
  std::string told = join(units, ", ");
  if (all > kMaxUnitsTold) told += " and " + std::to_string(all - kMaxUnitsTold) + " more";
  return told + (all == 1 ? " has failed" : " have failed");
}

}  // namespace workspace::agent
