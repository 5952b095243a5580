/// probe: what a task sees, said in a form that two tasks can be compared by. Linked statically, so
/// that the same file runs on the node and in any image.
///
/// probe COMMAND [ARGUMENT...]; each command is one function below.

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Arguments = std::vector<std::string>;

std::uint64_t digest_of(const char* bytes, std::size_t count,
                        std::uint64_t sum = 14695981039346656037U) {
  // FNV-1a: both sides are this program, and nobody forges its input.
  for (std::size_t i = 0; i < count; ++i)
    sum = (sum ^ static_cast<unsigned char>(bytes[i])) * 1099511628211U;
  return sum;
}

/// A value as it stands when it is short and plain, else its length and digest.
std::string shown(const std::string& value) {
  const bool plain = value.size() <= 200 && std::all_of(value.begin(), value.end(), [](char c) {
                       return c >= ' ' && c <= '~';
                     });
  if (plain) return "'" + value + "'";
  char text[64];
  std::snprintf(text, sizeof text, "%zu bytes %016llx", value.size(),
                static_cast<unsigned long long>(digest_of(value.data(), value.size())));
  return text;
}

void say(const std::string& name, const std::string& value) {
  std::printf("%s\t%s\n", name.c_str(), value.c_str());
}

void write_fully(int fd, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) std::exit(10);
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

long rank() { return std::strtol(std::getenv("SLURM_PROCID"), nullptr, 10); }

std::string arguments_name;

/// A line for each word.
int show_arguments(const Arguments& arguments) {
  say("argv[0]", shown(arguments_name));
  say("argc", std::to_string(arguments.size()));
  for (std::size_t i = 0; i < arguments.size(); ++i) say(std::to_string(i), shown(arguments[i]));
  return 0;
}

/// A line for each variable, or for those alone whose names begin with the argument.
int show_environment(const Arguments& arguments) {
  std::multimap<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (!arguments.empty() && name.compare(0, arguments[0].size(), arguments[0]) != 0) continue;
    variables.emplace(name,
                      equals == std::string::npos ? "(no =)" : shown(text.substr(equals + 1)));
  }
  for (const auto& [name, value] : variables) say(name, value);
  return 0;
}

void show_limits() {
  const std::vector<std::pair<std::string, int>> names = {
      {"cpu", RLIMIT_CPU},           {"fsize", RLIMIT_FSIZE},
      {"data", RLIMIT_DATA},         {"stack", RLIMIT_STACK},
      {"core", RLIMIT_CORE},         {"rss", RLIMIT_RSS},
      {"nproc", RLIMIT_NPROC},       {"nofile", RLIMIT_NOFILE},
      {"memlock", RLIMIT_MEMLOCK},   {"as", RLIMIT_AS},
      {"locks", RLIMIT_LOCKS},       {"sigpending", RLIMIT_SIGPENDING},
      {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
      {"rtprio", RLIMIT_RTPRIO},     {"rttime", RLIMIT_RTTIME}};
  for (const auto& [name, number] : names) {
    struct rlimit limit {};
    ::getrlimit(static_cast<__rlimit_resource_t>(number), &limit);
    const auto text = [](rlim_t value) {
      return value == RLIM_INFINITY ? std::string("unlimited") : std::to_string(value);
    };
    say("soft limit " + name, text(limit.rlim_cur));
    say("hard limit " + name, text(limit.rlim_max));
  }
}

/// A mask of signals without the C library's own two (32 and 33), which no program can set: they
/// are as whoever started slurmd had them.
std::string programs_signals(const std::string& hexadecimal) {
  std::ostringstream text;
  text << std::hex << (std::stoull(hexadecimal, nullptr, 16) & ~(3ULL << 31));
  return text.str();
}

void show_status_lines() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    for (const char* name :
         {"SigBlk:", "SigIgn:", "SigCgt:", "SigPnd:", "ShdPnd:", "NoNewPrivs:", "Seccomp:",
          "CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "Groups:", "Umask:", "Uid:", "Gid:"}) {
      if (line.rfind(name, 0) != 0) continue;
      const std::string value = line.substr(std::strlen(name));
      say("status " + std::string(name),
          line.rfind("Sig", 0) == 0 ? programs_signals(value) : value);
    }
  }
}

void show_descriptors() {
  for (int fd = 0; fd < 64; ++fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
      if (fd <= 2) say("descriptor " + std::to_string(fd), "closed");
      continue;
    }
    const auto kind = status.st_mode & S_IFMT;
    const std::string name = kind == S_IFIFO    ? "pipe"
                             : kind == S_IFSOCK ? "socket"
                             : kind == S_IFCHR  ? (::isatty(fd) == 1 ? "terminal" : "device")
                             : kind == S_IFREG  ? "file"
                                                : "other";
    const int flags = ::fcntl(fd, F_GETFL);
    say("descriptor " + std::to_string(fd), name +
                                                ((flags & O_NONBLOCK) != 0 ? " non-blocking" : "") +
                                                ((flags & O_APPEND) != 0 ? " append" : ""));
    say("access of descriptor " + std::to_string(fd), std::to_string(flags & O_ACCMODE));
  }
}

/// What a process inherits, apart from its arguments and environment.
int show_state(const Arguments&) {
  std::array<char, 4096> folder{};
  say("working directory",
      ::getcwd(folder.data(), folder.size()) != nullptr ? folder.data() : "none");
  show_limits();
  show_status_lines();
  show_descriptors();
  cpu_set_t cpus;
  ::sched_getaffinity(0, sizeof cpus, &cpus);
  say("CPUs", std::to_string(CPU_COUNT(&cpus)));
  say("leads its process group", ::getpgrp() == ::getpid() ? "yes" : "no");
  say("leads its session", ::getsid(0) == ::getpid() ? "yes" : "no");
  say("has a terminal", ::open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0 ? "yes" : "no");
  say("scheduling policy", std::to_string(::sched_getscheduler(0)));
  say("dumpable", std::to_string(::prctl(PR_GET_DUMPABLE)));
  say("parent death signal", [] {
    int number = 0;
    ::prctl(PR_GET_PDEATHSIG, &number);
    return std::to_string(number);
  }());
  int children = 0;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) ++children;
  say("children", std::to_string(children));
  return 0;
}

/// exit BASE: with BASE and this task's rank.
int exit_by_rank(const Arguments& arguments) {
  return static_cast<int>(std::strtol(arguments.at(0).c_str(), nullptr, 10) + rank());
}

void die_by(int number) {
  const struct rlimit no_core { 0, 0 };
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(number, SIG_DFL);
  // One that stops a process would stop it for ever.
  const bool stops =
      number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
  if (!stops) ::kill(::getpid(), number);
  std::exit(200);
}

/// die BASE: by the signal with the number of BASE and this task's rank.
int die_by_rank(const Arguments& arguments) {
  die_by(static_cast<int>(std::strtol(arguments.at(0).c_str(), nullptr, 10) + rank()));
  return 0;
}

std::vector<int> catchable() {
  std::vector<int> numbers;
  for (int number = 1; number < NSIG; ++number) {
    // 32 and 33 are the C library's own.
    if (number != SIGKILL && number != SIGSTOP && number != 32 && number != 33)
      numbers.push_back(number);
  }
  return numbers;
}

extern "C" void write_number(int number) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "got %d\n", number);
  (void)!::write(STDOUT_FILENO, text, static_cast<std::size_t>(length));
}

/// Says `got N` for each signal, `alive` for each line on stdin; ends with stdin.
int tell_signals(void (*handler)(int)) {
  for (const int number : catchable()) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
  write_fully(STDOUT_FILENO, "ready\n", 6);
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n') write_fully(STDOUT_FILENO, "alive\n", 6);
  }
  return 0;
}
int catch_signals(const Arguments&) { return tell_signals(write_number); }
int ignore_signals(const Arguments&) { return tell_signals(SIG_IGN); }

/// Waits to be ended, with every signal at its default.
int wait_for_end(const Arguments&) {
  const struct rlimit no_core { 0, 0 };
  ::setrlimit(RLIMIT_CORE, &no_core);
  write_fully(STDOUT_FILENO, "ready\n", 6);
  ::sleep(30);
  return 0;
}

/// write BYTES SEED: that many bytes that look random.
int write_bytes(const Arguments& arguments) {
  std::uint64_t left = std::stoull(arguments.at(0));
  std::uint64_t state = std::stoull(arguments.at(1)) * 2 + 1;
  std::vector<std::uint64_t> block(8192);
  std::uint64_t sum = digest_of("", 0);
  while (left > 0) {
    for (auto& word : block) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      word = state;
    }
    const std::size_t count = std::min<std::uint64_t>(left, block.size() * 8);
    sum = digest_of(reinterpret_cast<const char*>(block.data()), count, sum);
    write_fully(STDOUT_FILENO, reinterpret_cast<const char*>(block.data()), count);
    left -= count;
  }
  std::fprintf(stderr, "%s bytes %016llx\n", arguments.at(0).c_str(),
               static_cast<unsigned long long>(sum));
  return 0;
}

/// digest: of stdin, with its length, and how reading it ended.
int digest_input(const Arguments&) {
  std::vector<char> block(65536);
  std::uint64_t total = 0;
  std::uint64_t sum = digest_of("", 0);
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, block.data(), block.size())) > 0) {
    sum = digest_of(block.data(), static_cast<std::size_t>(got), sum);
    total += static_cast<std::uint64_t>(got);
  }
  const char* const how = got < 0 ? std::strerror(errno) : "end of file";
  std::printf("%llu bytes %016llx %s\n", static_cast<unsigned long long>(total),
              static_cast<unsigned long long>(sum), how);
  return 0;
}

int copy(const Arguments&) {
  std::vector<char> block(65536);
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, block.data(), block.size())) > 0)
    write_fully(STDOUT_FILENO, block.data(), static_cast<std::size_t>(got));
  return got < 0 ? 11 : 0;
}

/// both LINES: lines on stdout and stderr, in turns.
int write_both(const Arguments& arguments) {
  const long lines = std::strtol(arguments.at(0).c_str(), nullptr, 10);
  for (long i = 0; i < lines; ++i) {
    const std::string out = "out " + std::to_string(i) + "\n";
    const std::string err = "err " + std::to_string(i) + "\n";
    write_fully(STDOUT_FILENO, out.data(), out.size());
    write_fully(STDERR_FILENO, err.data(), err.size());
  }
  return 0;
}

/// closed NUMBER: closes one of stdout and stderr, and tells by the other what a write is then.
int write_closed(const Arguments& arguments) {
  const int closed = arguments.at(0) == "1" ? STDOUT_FILENO : STDERR_FILENO;
  ::close(closed);
  const bool written = ::write(closed, "x\n", 2) == 2;
  const std::string text = written ? "written\n" : std::string(std::strerror(errno)) + "\n";
  write_fully(STDOUT_FILENO + STDERR_FILENO - closed, text.data(), text.size());
  return 0;
}

/// same-file: whether stdout and stderr are one open file.
int compare_outputs(const Arguments&) {
  struct stat out {};
  struct stat err {};
  ::fstat(STDOUT_FILENO, &out);
  ::fstat(STDERR_FILENO, &err);
  say("stdout and stderr", out.st_dev == err.st_dev && out.st_ino == err.st_ino ? "one" : "two");
  return 0;
}

/// leave SECONDS FILE: a child stays that writes into FILE every 50 ms; this process ends.
int leave_child(const Arguments& arguments) {
  const int fd = ::open(arguments.at(1).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return 12;
  write_fully(fd, ".", 1);
  if (::fork() != 0) return 0;
  if (arguments.size() > 2) ::setsid();
  const long rounds = 20 * std::strtol(arguments.at(0).c_str(), nullptr, 10);
  for (long i = 0; i < rounds; ++i) {
    ::usleep(50000);
    write_fully(fd, ".", 1);
  }
  return 0;
}

/// stay SECONDS: a task that goes on by itself, with no child that a signal to all could end before
/// it.
int stay(const Arguments& arguments) {
  ::usleep(static_cast<useconds_t>(std::strtod(arguments.at(0).c_str(), nullptr) * 1e6));
  std::printf("rank %ld went on\n", rank());
  return 0;
}

/// cpus: the numbers of the CPUs that this task may use.
int show_cpus(const Arguments&) {
  cpu_set_t set;
  ::sched_getaffinity(0, sizeof set, &set);
  std::string list;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) list += " " + std::to_string(cpu);
  }
  say("task " + std::to_string(rank()), "CPUs" + list);
  return 0;
}

const std::map<std::string, std::function<int(const Arguments&)>> commands = {
    {"argv", show_arguments},
    {"environment", show_environment},
    {"state", show_state},
    {"exit", exit_by_rank},
    {"die", die_by_rank},
    {"catch", catch_signals},
    {"ignore", ignore_signals},
    {"wait", wait_for_end},
    {"write", write_bytes},
    {"digest", digest_input},
    {"copy", copy},
    {"both", write_both},
    {"closed", write_closed},
    {"same-file", compare_outputs},
    {"leave", leave_child},
    {"stay", stay},
    {"cpus", show_cpus}};

}  // namespace

int main(int argc, char** argv) {
  const Arguments words(argv + 1, argv + argc);
  const auto command = words.empty() ? commands.end() : commands.find(words[0]);
  if (command == commands.end()) {
    std::fprintf(stderr, "probe: no such command\n");
    return 99;
  }
  arguments_name = argv[0];
  const int status = command->second(Arguments(words.begin() + 1, words.end()));
  std::fflush(stdout);
  return status;
}
