#include "libworkspace/image/build_sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

/// The first of 65536 ids that nobody has: above those that systemd-nspawn gives to its containers
/// (https://systemd.io/UIDS-GIDS/).
constexpr uid_t kFirstId = 0x7000'0000;
constexpr unsigned kIds = 65536;

void write_map(pid_t process, const char* map) {
  const std::string path = "/proc/" + std::to_string(process) + "/" + map;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) throw_errno("opening " + path);
  // The kernel takes it in one write.
  write_all(fd.get(), "0 " + std::to_string(kFirstId) + " " + std::to_string(kIds) + "\n",
            "writing " + path);
}

/// A process in a user namespace of its own, which is there until the object goes.
class NamespaceHolder {
 public:
  NamespaceHolder() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("making a pipe");
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw_errno("starting a process");
    if (pid_ == 0) hold(writing.get());
    writing.reset();
    char made = 0;
    if (::read(reading.get(), &made, 1) != 1) {
      end();
      throw Error(ErrorKind::kHost, "this machine's kernel makes no user namespace");
    }
  }
  NamespaceHolder(const NamespaceHolder&) = delete;
  NamespaceHolder& operator=(const NamespaceHolder&) = delete;
  ~NamespaceHolder() { end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void hold(int writing) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWUSER) != 0 || ::write(writing, "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  void end() const {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid_ = -1;
};

UniqueFd make_user_namespace() {
  const NamespaceHolder holder;
  write_map(holder.pid(), "gid_map");
  write_map(holder.pid(), "uid_map");
  const std::string path = "/proc/" + std::to_string(holder.pid()) + "/ns/user";
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) throw_errno("opening " + path);
  return fd;
}

std::string make_folder(const std::string& parent) {
  std::string path = parent + "/workspace-build.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw_errno("making a folder in " + parent);
  if (::chown(path.c_str(), kFirstId, kFirstId) != 0) throw_errno("giving away " + path);
  return path;
}

}  // namespace

BuildSandbox::BuildSandbox(const std::string& parent)
    : folder_(make_folder(parent)), users_(make_user_namespace()) {}

BuildSandbox::~BuildSandbox() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Command BuildSandbox::command(std::vector<std::string> argv) const {
  Command command;
  command.argv = {"nsenter",      "--user=/proc/self/fd/" + std::to_string(users_.get()),
                  "--setuid=0",   "--setgid=0",
                  "unshare",      "--mount",
                  "--ipc",        "--uts",
                  "--pid",        "--fork",
                  "--kill-child", "--"};
  command.argv.insert(command.argv.end(), std::make_move_iterator(argv.begin()),
                      std::make_move_iterator(argv.end()));
  command.environment = {"TMPDIR=" + folder_, "HOME=/"};
  command.kept_fds = {users_.get()};
  return command;
}

}  // namespace workspace
