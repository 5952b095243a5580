#include "spank_plugin/workspace_exec/out_of_memory.h"

#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "build_paths.h"
#include "libworkspace/base/deadline.h"

namespace workspace::exec {
namespace {

constexpr std::chrono::milliseconds kTimeToRead(1000);
constexpr std::chrono::milliseconds kTimeToSend(300);
constexpr std::chrono::milliseconds kPause(10);

[[noreturn]] void become_reporter(const std::string& job, const std::string& slurm_conf) {
  const std::string program = std::string(build_paths::kLibexecDir) + "/end-out-of-memory";
  std::string configuration = "SLURM_CONF=" + slurm_conf;
  char* const argv[] = {const_cast<char*>(program.c_str()), const_cast<char*>(job.c_str()),
                        nullptr};
  char* const environment[] = {slurm_conf.empty() ? nullptr : configuration.data(), nullptr};
  ::execve(program.c_str(), argv, environment);
  ::_exit(127);
}

/// srun leaves what it has not read when a task of its is killed, as this process will be: so the
/// line has a moment to get there.
void let_be_read(int fd) {
  const Deadline deadline = Deadline::in(kTimeToRead);
  int unread = 0;
  while (::ioctl(fd, FIONREAD, &unread) == 0 && unread > 0 && !deadline.passed())
    std::this_thread::sleep_for(kPause);
  std::this_thread::sleep_for(kTimeToSend);
}

}  // namespace

std::string out_of_memory_text(std::uint64_t memory_mib) {
  const std::string size = memory_mib == 0 ? "" : " with " + std::to_string(memory_mib) + " MiB";
  return "workspace: out of memory: a process of this task was killed, because the job's VM" +
         size + " was full; ask for more with --mem\n";
}

void tell_out_of_memory(const CommandLine& line, int stderr_fd) {
  const std::string text = out_of_memory_text(line.memory_mib);
  (void)!::write(stderr_fd, text.data(), text.size());
  let_be_read(stderr_fd);
  // The user may say anything: the program runs as the user, and Slurm lets it end the user's jobs.
  const char* const job = std::getenv("SLURM_JOB_ID");
  if (line.script_path.empty() || job == nullptr) return;
  const pid_t pid = ::fork();
  if (pid == 0) become_reporter(job, line.host_commands.slurm_conf);
  while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace workspace::exec
