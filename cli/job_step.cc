#include "cli/job_step.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "libworkspace/base/error.h"

namespace workspace::cli {
namespace {

/// What one line may have: a sample has some hundred bytes.
constexpr std::size_t kMaxLineBytes = 65536;

/// What the caller's own job, if it runs in one, says of itself would become the step's.
void forget_own_job(JobId job) {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string name(text.substr(0, text.find('=')));
    if (name.starts_with("SLURM_") && name != "SLURM_CONF") names.push_back(name);
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
  ::setenv("SLURM_JOB_ID", job.to_string().c_str(), 1);
}

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw_errno("making a pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace

void become_step(JobId job, const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  forget_own_job(job);
  ::execvp(argv[0], argv.data());
  throw_errno("starting srun");
}

JobStep::JobStep(JobId job, const std::vector<std::string>& words) {
  auto [read_end, write_end] = make_pipe();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("starting srun");
  if (pid_ == 0) {
    // Out of reach of the terminal's Ctrl-C, on which srun would have questions.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(EXIT_FAILURE);
    ::dup2(write_end.get(), STDOUT_FILENO);
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::dup2(nothing.get(), STDIN_FILENO);
    try {
      become_step(job, words);
    } catch (const Error& e) {
      ::dprintf(STDERR_FILENO, "workspace: error: %s\n", e.what());
    }
    ::_exit(EXIT_FAILURE);
  }
  output_ = std::move(read_end);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
}

JobStep::~JobStep() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  wait();
}

std::vector<std::string> JobStep::take_lines() {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got <= 0) {
    output_.reset();
    return {};
  }
  rest_.append(buffer.data(), static_cast<std::size_t>(got));
  std::vector<std::string> lines;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    lines.push_back(rest_.substr(0, end));
    rest_.erase(0, end + 1);
  }
  if (rest_.size() > kMaxLineBytes) throw Error(ErrorKind::kInvalid, "the step sends no lines");
  return lines;
}

int JobStep::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waiting for srun");
  }
  pid_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void await_output(const std::list<JobStep>& steps, Deadline deadline) {
  std::vector<struct pollfd> entries;
  for (const auto& step : steps) entries.push_back({step.output(), POLLIN, 0});
  ::poll(entries.data(), entries.size(), deadline.poll_ms());
}

}  // namespace workspace::cli
