#include "guest/ssh_access.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/files.h"
#include "guest/out_of_memory.h"
#include "guest/report.h"
#include "guest/task_cgroup.h"
#include "libworkspace/base/error.h"

namespace workspace::agent {
namespace {

constexpr char kServer[] = "/usr/sbin/sshd";
constexpr char kFolder[] = "/run/workspace-ssh";
constexpr std::uint16_t kSshPort = 22;
/// Where an image with an init of its own may have an sshd of its own.
constexpr std::uint16_t kSshPortBesideInit = 7722;
/// More than a job has nodes to connect from, each with a few; it bounds what a loop costs.
constexpr std::size_t kMaxServers = 1024;
/// The name under which all of the job's VMs have the same host key.
constexpr char kHostKeyAlias[] = "workspace";

std::string in_folder(const char* name) { return std::string(kFolder) + "/" + name; }

void write_files(const GuestConfig& config) {
  make_folders(kFolder);
  // sshd's own, which the boot of a distribution makes.
  make_folders("/run/sshd");
  replace_file(in_folder("host_key"), config.ssh_keys->host_private, 0600);
  replace_file(in_folder("authorized_keys"), authorized_keys_text(config), 0644);
  replace_file(in_folder("known_hosts"), known_hosts_text(config), 0644);
  replace_file(in_folder("sshd_config"), sshd_config_text(config), 0644);
  const std::string key = in_folder("id_ed25519");
  replace_file(key, config.ssh_keys->user_private, 0600);
  if (::chown(key.c_str(), config.uid, config.gid) != 0)
    throw_guest_errno("giving " + key + " to its user");
  make_folders("/etc/ssh");
  replace_file("/etc/ssh/ssh_config",
               ssh_config_text(config, read_small_file("/etc/ssh/ssh_config")), 0644);
}

std::uint16_t ssh_port(const GuestConfig& config) {
  return config.own_init ? kSshPortBesideInit : kSshPort;
}

UniqueFd listen_at(const std::string& address, std::uint16_t port) {
  struct sockaddr_in own {};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &own.sin_addr);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const struct sockaddr*>(&own), sizeof own) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    throw_guest_errno("listening for ssh on " + address);
  return socket;
}

[[noreturn]] void become_server(const UniqueFd& connection, const TaskCgroup& cgroup) {
  ::setsid();
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  try {
    cgroup.ensure_entered();
  } catch (const Error& e) {
    report(e.text());
  }
  offer_task();
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(connection.get(), STDIN_FILENO);
  ::dup2(connection.get(), STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  const std::string configuration = in_folder("sshd_config");
  ::execl(kServer, kServer, "-i", "-f", configuration.c_str(), nullptr);
  ::_exit(1);
}

}  // namespace

std::string sshd_config_text(const GuestConfig& config) {
  return "HostKey " + in_folder("host_key") +
         "\n"
         "AuthorizedKeysFile " +
         in_folder("authorized_keys") +
         "\n"
         "AllowUsers " +
         (config.root_inside ? "root\nPermitRootLogin without-password" : config.user_name) +
         "\n"
         "PasswordAuthentication no\n"
         "ChallengeResponseAuthentication no\n"
         "UsePAM no\n"
         "UseDNS no\n"
         "PrintMotd no\n"
         "PrintLastLog no\n"
         "PidFile none\n"
         "Subsystem sftp internal-sftp\n";
}

std::string ssh_config_text(const GuestConfig& config, const std::string& of_image) {
  return "# Between the VMs of this job.\n"
         "Host *\n"
         "    Port " +
         std::to_string(ssh_port(config)) +
         "\n"
         "    IdentityFile " +
         in_folder("id_ed25519") +
         "\n"
         "    GlobalKnownHostsFile " +
         in_folder("known_hosts") +
         "\n"
         "    UserKnownHostsFile /dev/null\n"
         "    HostKeyAlias " +
         kHostKeyAlias +
         "\n"
         "    StrictHostKeyChecking yes\n"
         "    LogLevel ERROR\n"
         "\n"
         "Host *\n" +
         of_image;
}

std::string authorized_keys_text(const GuestConfig& config) {
  return config.ssh_keys->user_public + "\n";
}

std::string known_hosts_text(const GuestConfig& config) {
  return std::string(kHostKeyAlias) + " " + config.ssh_keys->host_public + "\n";
}

SshAccess::SshAccess(const GuestConfig& config) {
  if (!config.private_nic || !config.ssh_keys || ::access(kServer, X_OK) != 0) return;
  try {
    write_files(config);
    listener_ = listen_at(config.private_nic->address, ssh_port(config));
  } catch (const Error& e) {
    report("there is no ssh in this job: " + e.text());
  }
}

void SshAccess::accept_one() {
  const UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.valid() || servers_.size() >= kMaxServers) return;
  const TaskCgroup cgroup = TaskCgroup::logins();
  const pid_t pid = cgroup.fork_inside();
  if (pid == 0) become_server(connection, cgroup);
  if (pid < 0)
    report("no process for an ssh connection can be made");
  else
    servers_.insert(pid);
}

}  // namespace workspace::agent
