/* Loaded into slurmstepd (LD_PRELOAD): counts the calls that the plugin makes of libc, in slurmstepd and in the
 * tasks that it forks, and lets one of them fail or kills the task there. strace sees the calls of slurmstepd
 * itself as well, which are some hundreds, and are Slurm's.
 *
 * SWEEP_FAULT is `NUMBER ERRNO` (0: SIGKILL; number 0: nothing is struck); SWEEP_LOG takes a line for each call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned* count; /* shared with the tasks */
static unsigned struck_number;
static int struck_errno;
static int log_fd = -1;
static pid_t slurmstepd;

__attribute__((constructor)) static void take_plan(void) {
  const char* fault = getenv("SWEEP_FAULT");
  const char* log = getenv("SWEEP_LOG");
  if (fault == NULL || log == NULL || sscanf(fault, "%u %d", &struck_number, &struck_errno) != 2) return;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  /* Above what slurmstepd closes and counts on. */
  log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
  syscall(SYS_close, fd);
  count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  slurmstepd = getpid();
  unsetenv("LD_PRELOAD");
  unsetenv("SWEEP_FAULT");
  unsetenv("SWEEP_LOG");
}

static int is_plugin(void* caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "spank_workspace.so") != NULL;
}

/* The errno that the call is to fail with; 0: none. */
static int fault_of(const char* call, void* caller) {
  if (log_fd < 0 || count == MAP_FAILED || !is_plugin(caller)) return 0;
  const unsigned number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
  /* slurmstepd's own death is Slurm's to put right. */
  const int strikes = number == struck_number && (struck_errno != 0 || getpid() != slurmstepd);
  char line[80];
  const char* const place = getpid() == slurmstepd ? "slurmstepd" : "task";
  const int length = snprintf(line, sizeof line, "%s(%s)%s\n", call, place, strikes ? " (INJECTED)" : "");
  syscall(SYS_write, log_fd, line, (size_t)length);
  if (!strikes) return 0;
  if (struck_errno == 0) syscall(SYS_kill, getpid(), SIGKILL);
  return struck_errno;
}

#define STRIKE(name)                                                   \
  do {                                                                 \
    const int fault = fault_of(#name, __builtin_return_address(0));    \
    if (fault != 0) {                                                  \
      errno = fault;                                                   \
      return -1;                                                       \
    }                                                                  \
  } while (0)
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  STRIKE(open);
  return REAL(open)(path, flags, mode);
}
int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  STRIKE(fcntl);
  return (int)syscall(SYS_fcntl, fd, command, argument);
}
int stat(const char* path, struct stat* info) {
  STRIKE(stat);
  return REAL(stat)(path, info);
}
ssize_t read(int fd, void* bytes, size_t size) {
  STRIKE(read);
  return REAL(read)(fd, bytes, size);
}
ssize_t write(int fd, const void* bytes, size_t size) {
  STRIKE(write);
  return REAL(write)(fd, bytes, size);
}
int socket(int domain, int type, int protocol) {
  STRIKE(socket);
  return REAL(socket)(domain, type, protocol);
}
int connect(int fd, const struct sockaddr* address, socklen_t length) {
  STRIKE(connect);
  return REAL(connect)(fd, address, length);
}
ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  STRIKE(send);
  return REAL(send)(fd, bytes, size, flags);
}
ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  STRIKE(recv);
  return REAL(recv)(fd, bytes, size, flags);
}
int setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  STRIKE(setsockopt);
  return REAL(setsockopt)(fd, level, name, value, length);
}
int poll(struct pollfd* entries, nfds_t number, int timeout_ms) {
  STRIKE(poll);
  return REAL(poll)(entries, number, timeout_ms);
}
int pipe2(int ends[2], int flags) {
  STRIKE(pipe2);
  return REAL(pipe2)(ends, flags);
}
int setns(int fd, int kind) {
  STRIKE(setns);
  return (int)syscall(SYS_setns, fd, kind);
}
int execve(const char* path, char* const* argv, char* const* environment) {
  STRIKE(execve);
  return REAL(execve)(path, argv, environment);
}
int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const* argv, char* const* environment) {
  const int fault = fault_of("posix_spawn", __builtin_return_address(0));
  if (fault != 0) return fault;
  return REAL(posix_spawn)(pid, path, actions, attributes, argv, environment);
}
