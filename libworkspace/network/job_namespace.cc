#include "libworkspace/network/job_namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/model/control_link.h"
#include "libworkspace/network/in_namespace.h"
#include "libworkspace/network/ip_command.h"
#include "libworkspace/network/namespace_links.h"
#include "libworkspace/network/namespace_processes.h"
#include "libworkspace/network/private_segment.h"

namespace workspace {
namespace {

using control_link::guest_mac;
using control_link::kGuestAddress;
using control_link::kHostAddress;
using control_link::kPrefixLength;

/// Where iproute2 keeps the names of namespaces.
constexpr char kNamespaceFolder[] = "/run/netns";
/// How long the kernel may take to remove a link whose domain is gone.
constexpr std::chrono::milliseconds kTimeForLinkRemoval{5000};
constexpr std::chrono::milliseconds kPollInterval{20};

std::string namespace_path(JobId job) {
  return std::string(kNamespaceFolder) + "/" + namespace_name(job);
}

bool is_namespace(int fd) {
  struct statfs seen {};
  return ::fstatfs(fd, &seen) == 0 && seen.f_type == NSFS_MAGIC;
}

/// The teardown of the node's own namespace would kill the node.
void refuse_own_namespace(int fd) {
  struct stat seen {};
  struct stat own {};
  if (::fstat(fd, &seen) != 0 || ::stat("/proc/thread-self/ns/net", &own) != 0)
    throw_errno("looking at the job's namespace");
  if (seen.st_dev == own.st_dev && seen.st_ino == own.st_ino)
    throw Error(ErrorKind::kHost, "the job's namespace is the node's own");
}

void write_sysctl(const std::string& path, const char* value) { std::ofstream(path) << value; }

/// The namespace takes its IPv4 settings from the node's. A kernel without IPv6 has no such file,
/// and a setting that cannot be made leaves the guest with nothing more to reach, as the namespace
/// has no second link.
/// What arrives over the private network finds no address here, not even the control link's.
void set_private_sysctls() {
  write_sysctl("/proc/sys/net/ipv4/ip_forward", "0");
  write_sysctl("/proc/sys/net/ipv4/conf/all/arp_ignore", "1");
  write_sysctl("/proc/sys/net/ipv4/conf/all/rp_filter", "1");
  write_sysctl("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  write_sysctl("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

bool has_tcp_sockets() {
  std::ifstream table("/proc/thread-self/net/tcp");
  std::string line;
  return std::getline(table, line) && std::getline(table, line);
}

/// The counters of the links to the guest in /proc/net/dev (proc_pid_net(5)): what a tap or a vif
/// receives the guest has sent.
JobNamespace::Traffic read_traffic() {
  JobNamespace::Traffic traffic;
  std::ifstream table("/proc/thread-self/net/dev");
  std::string line;
  while (std::getline(table, line)) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    name.erase(0, name.find_first_not_of(' '));
    if (!is_guest_link(name)) continue;
    std::istringstream words(line.substr(colon + 1));
    std::vector<std::uint64_t> counters(std::istream_iterator<std::uint64_t>(words), {});
    constexpr std::size_t kReceived = 0;
    constexpr std::size_t kSent = 8;
    if (counters.size() <= kSent) continue;
    traffic.sent_bytes += counters[kReceived];
    traffic.received_bytes += counters[kSent];
  }
  return traffic;
}

/// Whether a socket has sent what is not acknowledged: the tx_queue of /proc/net/tcp (proc(5)).
bool has_unacknowledged() {
  std::ifstream table("/proc/thread-self/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues;
    if (words >> slot >> local >> remote >> state >> queues && !queues.starts_with("00000000:"))
      return true;
  }
  return false;
}

/// A socket that was made in the namespace and is held elsewhere (a task's) would otherwise stay
/// ESTABLISHED for ever, for its peer sends nothing more, not even a reset.
void end_sockets(JobId job, int namespace_fd, Deadline deadline) {
  bool any = false;
  in_namespace(namespace_fd, [&] { any = has_tcp_sockets(); });
  if (!any) return;
  Command command;
  command.argv = {"ss", "-N", namespace_name(job), "-K", "-H", "-t", "-a"};
  check_command(command, deadline);
}

bool has_control_link(const std::vector<std::string>& links, JobId job, HypervisorKind kind) {
  return std::any_of(links.begin(), links.end(), [&](const std::string& link) {
    if (kind == HypervisorKind::kQemu) return link == tap_name(job);
    return link.starts_with("vif") && link.ends_with(".0");
  });
}

void delete_namespace(const std::string& path) {
  // EINVAL: a file that `ip netns add` was killed over, with nothing mounted on it.
  if (::umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT)
    throw_errno("unmounting " + path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
}

/// A Xen vif comes back to the root namespace when its own goes first; it must then vanish with the
/// domain, which is gone already.
void wait_for_links_to_go(const std::vector<std::string>& names, Deadline deadline) {
  for (const auto& name : names) {
    while (::if_nametoindex(name.c_str()) != 0) {
      if (deadline.passed())
        throw Error(ErrorKind::kHost, "the network link " + name + " is still on the node");
      ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
    }
  }
}

}  // namespace

void JobNamespace::create(Deadline deadline) const {
  remove(deadline);
  std::vector<std::string> lines = {"netns add " + namespace_name(job_)};
  if (kind_ == HypervisorKind::kQemu)
    lines.push_back("tuntap add dev " + tap_name(job_) + " mode tap");
  run_ip("", lines, deadline);
  in_namespace(open().get(), set_private_sysctls);
}

void JobNamespace::connect_guest(Deadline deadline) const {
  if (kind_ == HypervisorKind::kQemu) {
    const std::string tap = tap_name(job_);
    run_ip("", {"link set dev " + tap + " netns " + namespace_name(job_)}, deadline);
    // The permanent neighbour saves the guest's first answer from waiting on ARP retries.
    run_ip(namespace_name(job_),
           {"link set dev lo up",
            std::string("address add ") + kHostAddress + "/" + std::to_string(kPrefixLength) +
                " dev " + tap,
            std::string("neighbour replace ") + kGuestAddress + " lladdr " + guest_mac(kind_) +
                " nud permanent dev " + tap,
            "link set dev " + tap + " up"},
           deadline);
  }
  if (!has_control_link(link_names_in(open().get()), job_, kind_))
    throw Error(ErrorKind::kHost, "the domain's network link is not in the job's namespace");
}

UniqueFd JobNamespace::open() const {
  const std::string path = namespace_path(job_);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno != ENOENT) throw_errno("opening " + path);
  if (!fd.valid() || !is_namespace(fd.get()))
    throw Error(ErrorKind::kNotFound, "there is no network namespace " + namespace_name(job_));
  return fd;
}

JobNamespace::Traffic JobNamespace::traffic() const {
  Traffic traffic;
  in_namespace(open().get(), [&] { traffic = read_traffic(); });
  return traffic;
}

void JobNamespace::stop_processes() const { stop_processes_in_namespace(open().get()); }

void JobNamespace::continue_processes() const { continue_processes_in_namespace(open().get()); }

void JobNamespace::await_acknowledgement(Deadline deadline) const {
  const UniqueFd space = open();
  bool waiting = true;
  while (waiting && !deadline.passed()) {
    in_namespace(space.get(), [&] { waiting = has_unacknowledged(); });
    if (waiting) ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
  }
}

void JobNamespace::remove(Deadline deadline) const {
  const std::string path = namespace_path(job_);
  std::vector<std::string> links;
  {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid() && errno != ENOENT) throw_errno("opening " + path);
    if (fd.valid() && is_namespace(fd.get())) {
      refuse_own_namespace(fd.get());
      end_processes_in_namespace(fd.get(), deadline);
      end_sockets(job_, fd.get(), deadline);
      links = link_names_in(fd.get());
      remove_private_segment(job_, links, deadline);
    }
    delete_namespace(path);
  }
  for (const auto& tap : {tap_name(job_), private_tap_name(job_)})
    if (::if_nametoindex(tap.c_str()) != 0) run_ip("", {"link delete dev " + tap}, deadline);
  wait_for_links_to_go(links, deadline.no_later_than(kTimeForLinkRemoval));
}

std::set<JobId> JobNamespace::list() {
  std::set<JobId> jobs;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(kNamespaceFolder), &::closedir);
  if (!folder && errno != ENOENT) throw_errno(std::string("listing ") + kNamespaceFolder);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr)
    if (const auto job = job_of_namespace(entry->d_name)) jobs.insert(*job);
  for (const auto& link : link_names())
    if (const auto job = job_of_tap(link)) jobs.insert(*job);
  return jobs;
}

}  // namespace workspace
