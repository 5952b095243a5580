#include "libworkspace/hypervisor/xen_qdisks.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/unix_socket.h"
#include "libworkspace/hypervisor/qemu_monitor.h"

namespace workspace {
namespace {

using Json = nlohmann::json;

/// A new qcow2's header, table of reference counts, their only block and the first level's table: a
/// cluster each (QEMU's docs/interop/qcow2.txt), and so none for what a guest writes. One cluster
/// of that table is enough for an image of 4 TiB.
constexpr off_t kViewBytes = 4 * 65536;
constexpr std::uint64_t kMaxImageBytes = std::uint64_t{4} << 40;
constexpr std::uint64_t kSectorBytes = 512;
/// Of a file that QEMU writes, which is its log alone: the disks are block devices.
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr rlim_t kMaxLogBytes = 1 << 20;

std::uint64_t bytes_of(const std::string& image) {
  struct stat info {};
  if (::stat(image.c_str(), &info) != 0) throw_errno("looking at " + image);
  const auto bytes = static_cast<std::uint64_t>(info.st_size);
  if (bytes > kMaxImageBytes) throw Error(ErrorKind::kHost, image + " is larger than 4 TiB");
  return bytes / kSectorBytes * kSectorBytes;
}

void bound_log(pid_t qemu) {
  const struct rlimit limit { kMaxLogBytes, kMaxLogBytes };
  // 0 would be this process.
  if (qemu <= 0) throw Error(ErrorKind::kHost, "the kernel does not tell which process QEMU is");
  if (::prlimit(qemu, RLIMIT_FSIZE, &limit, nullptr) != 0)
    throw_errno("bounding the log of QEMU, process " + std::to_string(qemu));
}

/// What QEMU says is taken for what it should be; anything else is a host's fault.
template <class Act>
auto with_answers(const std::string& monitor, Act act) {
  try {
    return act();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kHost, "QEMU at " + monitor + " tells something else than its disks");
  }
}

}  // namespace

std::string qdisk_monitor(unsigned domain_id) {
  return "/var/run/xen/qmp-libxenstat-" + std::to_string(domain_id);
}

LoopDevice make_qdisk_view(const std::string& image, Deadline deadline) {
  const std::string name = "view of " + image;
  const UniqueFd memory(::memfd_create("workspace-qdisk-view", MFD_CLOEXEC));
  if (!memory.valid() || ::ftruncate(memory.get(), kViewBytes) != 0)
    throw_errno("making a " + name);
  LoopDevice view(memory.get(), name, false);
  Command command;
  // -u: as it is told, without a look at the image.
  command.argv = {"qemu-img", "create", "-q", "-f",  "qcow2",     "-u",
                  "-b",       image,    "-F", "raw", view.path(), std::to_string(bytes_of(image))};
  check_command(command, deadline);
  return view;
}

void cap_qdisks(const std::string& monitor, std::size_t disks, const DiskCaps& caps,
                Deadline deadline) {
  QemuMonitor qemu(monitor, deadline);
  bound_log(qemu.process());
  with_answers(monitor, [&] {
    const Json found = qemu.execute("query-block");
    if (found.size() != disks) {
      throw Error(ErrorKind::kHost, "QEMU serves " + std::to_string(found.size()) +
                                        " of the VM's " + std::to_string(disks) +
                                        " disks; its log in /var/log/xen says why");
    }
    for (const auto& disk : found) {
      qemu.execute("block_set_io_throttle", {{"id", disk.at("qdev")},
                                             {"bps", caps.bytes_per_s},
                                             {"bps_rd", 0},
                                             {"bps_wr", 0},
                                             {"iops", caps.iops},
                                             {"iops_rd", 0},
                                             {"iops_wr", 0},
                                             {"group", "disks"}});
    }
  });
}

UniqueFd qdisk_server(const std::string& monitor, Deadline deadline) {
  const std::string asking = "asking which process is QEMU at " + monitor;
  const UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connection.valid()) throw_errno(asking);
  while (with_unix_address(::connect, connection.get(), monitor) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return {};
    if (errno != EAGAIN) throw_errno(asking);
    if (deadline.passed()) throw Error(ErrorKind::kTimeout, asking + ": no answer in time");
    ::poll(nullptr, 0, deadline.poll_ms(kPollInterval));
  }
  const pid_t qemu = peer_process(connection.get());
  if (qemu <= 0) throw Error(ErrorKind::kHost, asking + ": the kernel does not tell");
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, qemu, 0U)));
  if (!process.valid() && errno != ESRCH) throw_errno(asking);
  // The number is still that process's where the connection lives.
  struct pollfd entry = {connection.get(), 0, 0};
  if (::poll(&entry, 1, 0) > 0 && (entry.revents & POLLHUP) != 0) return {};
  return process;
}

std::optional<DiskBytes> qdisk_bytes(const std::string& monitor, Deadline deadline) {
  if (::access(monitor.c_str(), F_OK) != 0) return std::nullopt;
  return with_answers(monitor, [&] {
    DiskBytes sum;
    for (const auto& disk : QemuMonitor(monitor, deadline).execute("query-blockstats")) {
      sum.read += disk.at("stats").at("rd_bytes").get<std::uint64_t>();
      sum.written += disk.at("stats").at("wr_bytes").get<std::uint64_t>();
    }
    return sum;
  });
}

}  // namespace workspace
