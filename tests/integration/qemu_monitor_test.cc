// QEMU's monitor as a real QEMU speaks it, and as one that is broken does.

#include "libworkspace/hypervisor/qemu_monitor.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "libworkspace/base/process.h"
#include "libworkspace/base/unix_socket.h"
#include "libworkspace/hypervisor/xen_qdisks.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::EndsWith;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;

constexpr std::size_t kImageBytes = 1 << 20;

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }
Deadline at_once() { return Deadline::in(std::chrono::milliseconds(100)); }

/// A machine that stands still, with a view of an image and a disk, as libxl starts one for Xen.
class StandingQemu {
 public:
  explicit StandingQemu(const TemporaryFolder& folder)
      : monitor_(folder.file("monitor")),
        image_(folder.write("image", std::string(kImageBytes, 'i'))),
        view_(make_qdisk_view(image_, soon())) {
    const std::string disk = folder.write("disk", std::string(kImageBytes, 'd'));
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      const std::string view =
          "driver=qcow2,node-name=view,file.driver=host_device,file.filename=" + view_.path();
      const std::string own = "driver=file,node-name=own,filename=" + disk;
      const std::string socket = "unix:" + monitor_ + ",server=on,wait=off";
      ::execlp("qemu-system-x86_64", "qemu-system-x86_64", "-S", "-machine", "pc,accel=tcg", "-m",
               "32", "-display", "none", "-nodefaults", "-no-user-config", "-qmp", socket.c_str(),
               "-blockdev", view.c_str(), "-device", "virtio-blk-pci,drive=view", "-blockdev",
               own.c_str(), "-device", "virtio-blk-pci,drive=own", nullptr);
      ::_exit(127);
    }
    const Deadline deadline = soon();
    while (!answers() && !deadline.passed()) ::poll(nullptr, 0, 20);
  }
  StandingQemu(const StandingQemu&) = delete;
  StandingQemu& operator=(const StandingQemu&) = delete;
  ~StandingQemu() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] const std::string& monitor() const { return monitor_; }
  [[nodiscard]] const std::string& image() const { return image_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  /// Its socket is there before it listens.
  [[nodiscard]] bool answers() const {
    try {
      return QemuMonitor(monitor_, soon()).process() == pid_;
    } catch (const Error&) {
      return false;
    }
  }

  std::string monitor_;
  std::string image_;
  LoopDevice view_;
  pid_t pid_ = -1;
};

TEST(QemuMonitorTest, ARealQemusDisksAreBoundedTogether) {
  const TemporaryFolder folder;
  const StandingQemu qemu(folder);
  cap_qdisks(qemu.monitor(), 2, {60, 8 << 20}, soon());
  QemuMonitor monitor(qemu.monitor(), soon());
  const auto disks = monitor.execute("query-block");
  ASSERT_EQ(disks.size(), 2U);
  for (const auto& disk : disks) {
    const auto& bounds = disk.at("inserted");
    EXPECT_EQ(bounds.at("iops"), 60);
    EXPECT_EQ(bounds.at("bps"), 8 << 20);
    EXPECT_EQ(bounds.at("group"), "disks");
  }
  EXPECT_EQ(monitor.process(), qemu.pid());
  struct rlimit files {};
  ASSERT_EQ(::prlimit(qemu.pid(), RLIMIT_FSIZE, nullptr, &files), 0);
  EXPECT_EQ(files.rlim_cur, 1U << 20);
}

TEST(QemuMonitorTest, ARealQemuTellsWhatItsDisksHaveDone) {
  const TemporaryFolder folder;
  EXPECT_FALSE(qdisk_bytes(folder.file("monitor"), soon()));
  const StandingQemu qemu(folder);
  const auto bytes = qdisk_bytes(qemu.monitor(), soon());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->read, 0U);
  EXPECT_EQ(bytes->written, 0U);
}

TEST(QemuMonitorTest, ARealQemusEndIsSeen) {
  const TemporaryFolder folder;
  EXPECT_FALSE(qdisk_server(folder.file("monitor"), soon()).valid());
  const StandingQemu qemu(folder);
  const UniqueFd process = qdisk_server(qemu.monitor(), soon());
  ASSERT_TRUE(process.valid());
  struct pollfd end = {process.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 0), 0);
  ::kill(qemu.pid(), SIGKILL);
  EXPECT_EQ(::poll(&end, 1, soon().poll_ms()), 1);
  EXPECT_FALSE(qdisk_server(qemu.monitor(), soon()).valid());
}

TEST(QemuMonitorTest, WhoWaitsBehindOtherClientsGivesUp) {
  const TemporaryFolder folder;
  const std::string path = folder.file("monitor");
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(with_unix_address(::bind, listener.get(), path), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  // One fits into the queue.
  const UniqueFd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(with_unix_address(::connect, first.get(), path), 0);
  expect_error([&] { qdisk_server(path, at_once()); }, ErrorKind::kTimeout,
               "asking which process is QEMU at " + path + ": no answer in time");
}

TEST(QemuMonitorTest, ADiskThatQemuDoesNotServeIsTold) {
  const TemporaryFolder folder;
  const StandingQemu qemu(folder);
  expect_error(
      [&] {
        cap_qdisks(qemu.monitor(), 3, {60, 0}, soon());
      },
      ErrorKind::kHost, "QEMU serves 2 of the VM's 3 disks; its log in /var/log/xen says why");
}

TEST(QemuMonitorTest, WhatQemuRefusesIsToldInItsWords) {
  const TemporaryFolder folder;
  const StandingQemu qemu(folder);
  QemuMonitor monitor(qemu.monitor(), soon());
  expect_error([&] { monitor.execute("no-such-command"); }, ErrorKind::kHost,
               "QEMU at " + qemu.monitor() +
                   " no-such-command: The command no-such-command has not been found");
}

TEST(QemuMonitorTest, TheSecondClientHasItsTurnOrGivesUp) {
  const TemporaryFolder folder;
  const StandingQemu qemu(folder);
  std::optional<QemuMonitor> first(std::in_place, qemu.monitor(), soon());
  expect_error([&] { QemuMonitor(qemu.monitor(), at_once()); }, ErrorKind::kTimeout,
               "QEMU at " + qemu.monitor() + ": no answer in time");
  first.reset();
  EXPECT_TRUE(qdisk_bytes(qemu.monitor(), soon()));
}

TEST(QemuMonitorTest, AViewShowsTheImageAndTakesNoWrite) {
  const TemporaryFolder folder;
  const std::string image = folder.write("image", std::string(kImageBytes, 'i'));
  const LoopDevice view = make_qdisk_view(image, soon());
  const auto qemu_io = [&](const std::string& act) {
    Command command;
    command.argv = {"qemu-io", "-f", "qcow2", "-c", act, view.path()};
    const CommandResult result = run_command(command, soon());
    return result.output + result.error_output;
  };
  EXPECT_THAT(qemu_io("read -P 0x69 0 1M"), HasSubstr("read 1048576/1048576"));
  for (const auto* place : {"0", "512k", "1020k"}) {
    EXPECT_THAT(qemu_io("write -P 0x78 " + std::string(place) + " 4k"),
                HasSubstr("No space left on device"));
  }
  EXPECT_THAT(qemu_io("read -P 0x69 0 1M"), HasSubstr("read 1048576/1048576"));
  EXPECT_EQ(read_file(image, kImageBytes), std::string(kImageBytes, 'i'));
}

/// What listens where QEMU would, says its part to the one who connects, and leaves.
class FalseQemu {
 public:
  FalseQemu(const TemporaryFolder& folder, std::string says)
      : monitor_(folder.file("monitor")), listening_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    EXPECT_EQ(with_unix_address(::bind, listening_.get(), monitor_), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
    thread_ = std::thread([this, text = std::move(says)] {
      const UniqueFd client(::accept(listening_.get(), nullptr, nullptr));
      std::string_view left = text;
      while (!left.empty()) {
        const ssize_t count = ::send(client.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        left.remove_prefix(static_cast<std::size_t>(count));
      }
      // Not closed before the other end has said what it has to say.
      ::shutdown(client.get(), SHUT_WR);
      char heard[4096];
      while (::recv(client.get(), heard, sizeof heard, 0) > 0) {
      }
    });
  }
  FalseQemu(const FalseQemu&) = delete;
  FalseQemu& operator=(const FalseQemu&) = delete;
  ~FalseQemu() { thread_.join(); }

  [[nodiscard]] const std::string& monitor() const { return monitor_; }

 private:
  std::string monitor_;
  UniqueFd listening_;
  std::thread thread_;
};

TEST(QemuMonitorTest, WhatIsNoQemuOrABrokenOneIsAHostsFault) {
  const std::string greeting = "{\"QMP\": {}}\n{\"return\": {}}\n";
  const struct {
    std::string says;
    const char* message;
  } cases[] = {
      {"", " has closed the connection"},
      {"220 mail.example ESMTP\n", " answers what is no JSON object"},
      {"[1]\n", " answers what is no JSON object"},
      {"{\"event\": \"STOP\"}\n{\"hello\": 1}\n", " does not greet as a monitor does"},
      {"{\"QMP\": {}}\n{\"error\": {\"desc\": \"not\\nnow\"}}\n", " qmp_capabilities: not\\x0anow"},
      {"{\"QMP\": {}}\n{\"error\": 7}\n", " qmp_capabilities: neither done nor refused"},
      {greeting + "{\"return\": 7}\n", " tells something else than its disks"},
      {greeting + "{\"return\": [{}]}\n", " tells something else than its disks"},
      {greeting + "{\"return\": [{\"stats\": {\"rd_bytes\": \"many\"}}]}\n",
       " tells something else than its disks"},
      {greeting + "{\"return\": [", " has closed the connection"},
      {greeting + std::string(5 << 20, ' '), " answers without end"},
  };
  for (const auto& [says, message] : cases) {
    SCOPED_TRACE(says.substr(0, 80));
    const TemporaryFolder folder;
    const FalseQemu qemu(folder, says);
    expect_error([&] { (void)qdisk_bytes(qemu.monitor(), soon()); }, ErrorKind::kHost,
                 "QEMU at " + qemu.monitor() + message);
  }
}

TEST(QemuMonitorTest, AQemuThatIsGoneIsAHostsFault) {
  const TemporaryFolder folder;
  expect_error(
      [&] {
        cap_qdisks(folder.file("monitor"), 2, {60, 0}, soon());
      },
      ErrorKind::kHost, "asking QEMU at " + folder.file("monitor") + ": No such file or directory");
  expect_error([&] { (void)make_qdisk_view(folder.file("none"), soon()); }, ErrorKind::kHost,
               "looking at " + folder.file("none") + ": No such file or directory");
}

}  // namespace
}  // namespace workspace
