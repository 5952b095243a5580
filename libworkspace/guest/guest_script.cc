#include "libworkspace/guest/guest_script.h"

#include <poll.h>

#include <cerrno>
#include <optional>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/task_spec.h"
#include "libworkspace/guest/upload.h"

namespace workspace {
namespace {

/// In a folder of which no save and no build keeps anything.
constexpr char kScriptPath[] = "/tmp/workspace-script";
constexpr std::chrono::milliseconds kTick{250};
constexpr std::size_t kMaxErrorTextBytes = 512;

/// The node's end of the task.
class ScriptRun {
 public:
  ScriptRun(UniqueFd socket, const std::function<void(std::string_view)>& take_output)
      : socket_(std::move(socket)), take_output_(take_output) {}

  TaskExit run(Deadline deadline) {
    while (!end_ && !socket_.broken()) {
      if (deadline.passed()) throw Error(ErrorKind::kTimeout, "the script takes too long");
      serve_once(deadline);
      take_output_("");
    }
    if (!end_) throw Error(ErrorKind::kGuest, "the virtual machine ended while the script ran");
    return *end_;
  }

 private:
  void serve_once(Deadline deadline) {
    const short wanted = static_cast<short>(POLLIN | (socket_.has_output() ? POLLOUT : 0));
    struct pollfd entry {
      socket_.fd(), wanted, 0
    };
    if (::poll(&entry, 1, deadline.poll_ms(kTick)) < 0 && errno != EINTR)
      throw_errno("waiting for the script");
    if ((entry.revents & ~POLLOUT) != 0) socket_.receive();
    while (!end_) {
      const auto frame = socket_.next();
      if (!frame) break;
      handle(*frame);
    }
    socket_.flush();
  }

  void handle(const Frame& frame) {
    // Somebody inside calls a command of Slurm's.
    if (channel_of(frame.stream) >= kFirstCommandChannel) {
      if (frame.type == FrameType::kStart)
        socket_.send(FrameType::kError, frame.stream, "there is no Slurm where images are built");
      return;
    }
    expect_task_channel(frame);
    switch (frame.type) {
      case FrameType::kData:
        take_output_(frame.payload);
        socket_.send(FrameType::kCredit, frame.stream,
                     encode_u32(static_cast<std::uint32_t>(frame.payload.size())));
        return;
      case FrameType::kClose:
      case FrameType::kCredit:
        return;
      case FrameType::kExit:
        end_ = TaskExit::parse(frame.payload);
        return;
      case FrameType::kError:
        throw Error(ErrorKind::kGuest,
                    "the guest's agent: " + printable(frame.payload, kMaxErrorTextBytes));
      default:
        throw Error(ErrorKind::kInvalid, "protocol error: " + std::string(*name_of(frame.type)) +
                                             " while the script runs");
    }
  }

  FrameSocket socket_;
  const std::function<void(std::string_view)>& take_output_;
  std::optional<TaskExit> end_;
};

}  // namespace

TaskExit run_guest_script(UniqueFd socket, const std::string& script,
                          const std::vector<std::string>& environment, Deadline deadline,
                          const std::function<void(std::string_view)>& take_output) {
  TaskSpec spec;
  spec.argv = {kScriptPath};
  spec.script_path = kScriptPath;
  spec.environment = environment;
  spec.working_directory = "/";
  spec.stdio = {StdioKind::kNull, StdioKind::kRelayed, StdioKind::kAsStdout};
  upload_task(socket.get(), spec, script);
  return ScriptRun(std::move(socket), take_output).run(deadline);
}

}  // namespace workspace
