#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/guest/frame_socket.h"
#include "libworkspace/guest/messages.h"
#include "libworkspace/guest/protocol.h"
#include "libworkspace/guest/streams.h"
#include "libworkspace/guest/task_intake.h"

namespace workspace {
namespace {

/// A message that was understood reads the same when it is written again.
template <class Message>
void check_message(const Frame& frame) {
  const Message message = Message::parse(frame.payload);
  if (Message::parse(message.encode()).encode() != message.encode()) std::abort();
}

void check_frame(const Frame& frame, TaskIntake& intake, Streams& streams) {
  switch (frame.type) {
    case FrameType::kHello:
      return check_message<Hello>(frame);
    case FrameType::kReady:
      return check_message<Readiness>(frame);
    case FrameType::kMount:
      return check_message<MountRequest>(frame);
    case FrameType::kSize:
      return check_message<MachineSize>(frame);
    case FrameType::kExit:
      return check_message<TaskExit>(frame);
    case FrameType::kResize:
      return check_message<TerminalSize>(frame);
    case FrameType::kSpec:
    case FrameType::kSpecEnd:
    case FrameType::kScript:
    case FrameType::kStart:
      if (intake.take(frame)) {
        const TaskSpec spec = intake.finish().spec;
        if (TaskSpec::parse(spec.encode()).encode() != spec.encode()) std::abort();
        intake = {};
      }
      return;
    case FrameType::kData:
    case FrameType::kClose:
    case FrameType::kCredit:
      return streams.handle(frame);
    default:
      return;
  }
}

/// A task's stdin: the agent's end of a pipe, and what has come out at the other.
class InputPipe {
 public:
  InputPipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
    read_end_ = UniqueFd(ends[0]);
    streams_.add_sink(kStdin, UniqueFd(ends[1]));
  }

  Streams& streams() { return streams_; }

  /// What has come, with what is still held on its way to the pipe.
  std::string content(FrameSocket& socket) {
    std::array<char, 4096> buffer{};
    std::size_t before = 0;
    do {
      before = content_.size();
      streams_.write_ahead(socket);
      for (ssize_t got = 0; (got = ::read(read_end_.get(), buffer.data(), buffer.size())) > 0;)
        content_.append(buffer.data(), static_cast<std::size_t>(got));
    } while (content_.size() > before);
    return content_;
  }

  /// Takes a frame if it is one of a stream. False for one that breaks the rules.
  bool take(const Frame& frame) {
    if (frame.type != FrameType::kData && frame.type != FrameType::kClose) return true;
    try {
      streams_.handle(frame);
    } catch (const Error&) {
      return false;
    }
    return true;
  }

 private:
  UniqueFd read_end_;
  Streams streams_;
  std::string content_;
};

/// Both ends of a connection; what is sent at one arrives at the other.
struct Connection {
  Connection() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    near_end.emplace(UniqueFd(ends[0]));
    far_end = UniqueFd(ends[1]);
  }

  std::optional<FrameSocket> near_end;
  UniqueFd far_end;
};

std::string input_by_copies(std::string_view bytes) {
  Connection connection;
  InputPipe pipe;
  FrameReader reader;
  reader.feed(bytes);
  try {
    while (const auto frame = reader.next()) {
      if (!pipe.take(*frame)) break;
      pipe.streams().write_ahead(*connection.near_end);
    }
  } catch (const Error&) {
    return pipe.content(*connection.near_end);
  }
  return pipe.content(*connection.near_end);
}

std::string input_by_moves(std::string_view bytes) {
  if (bytes.empty()) return {};
  Connection connection;
  InputPipe pipe;
  FrameSocket& socket = *connection.near_end;
  // In pieces, so that large frames come in part.
  constexpr std::size_t kPieceBytes = 2500;
  try {
    while (!socket.broken()) {
      write_all(connection.far_end.get(), bytes.substr(0, kPieceBytes), "a socket");
      bytes.remove_prefix(std::min(bytes.size(), kPieceBytes));
      if (bytes.empty()) connection.far_end.reset();
      pipe.streams().receive(socket);
      while (const auto frame = socket.next()) {
        if (!pipe.take(*frame)) return pipe.content(socket);
        pipe.streams().write_ahead(socket);
      }
    }
  } catch (const Error&) {
    return pipe.content(socket);
  }
  return pipe.content(socket);
}

}  // namespace
}  // namespace workspace

/// The bytes of a whole connection, as either side may receive them from a hostile other: they are
/// understood or refused, in bounded memory, and the same however they were cut into reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace workspace;
  constexpr std::size_t kReadBytes = 100;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // A frame that has come in part has no more to say by one way than by the other.
  const std::string copied = input_by_copies(bytes);
  if (!input_by_moves(bytes).starts_with(copied)) std::abort();
  FrameReader reader;
  TaskIntake intake;
  Streams streams;
  streams.add_sink(kStdin, UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
  streams.add_source(kStdout, UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  try {
    while (!bytes.empty()) {
      reader.feed(bytes.substr(0, kReadBytes));
      bytes.remove_prefix(std::min(bytes.size(), kReadBytes));
      while (const auto frame = reader.next()) check_frame(*frame, intake, streams);
    }
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kInvalid) std::abort();
  }
  return 0;
}
