#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libworkspace/base/error.h"
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

}  // namespace
}  // namespace workspace

/// The bytes of a whole connection, as either side may receive them from a hostile other: they are
/// understood or refused, in bounded memory, and the same however they were cut into reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace workspace;
  constexpr std::size_t kReadBytes = 100;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
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
