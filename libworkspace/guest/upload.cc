#include "libworkspace/guest/upload.h"

#include <fcntl.h>

#include <chrono>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace {
namespace {

constexpr std::chrono::seconds kUploadTime(60);

void send_pieces(int socket, FrameType type, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    send_frame(socket, type, bytes.substr(0, kMaxPayloadBytes), deadline, More::kYes);
    bytes.remove_prefix(std::min(bytes.size(), kMaxPayloadBytes));
  }
}

std::string read_script(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) throw_errno("opening the batch script " + path);
  return read_all(fd.get(), TaskSpec::kMaxScriptBytes, "reading the batch script " + path);
}

}  // namespace

void upload_task(int socket, const TaskSpec& spec) {
  upload_task(socket, spec, spec.script_path.empty() ? "" : read_script(spec.script_path));
}

void upload_task(int socket, const TaskSpec& spec, std::string_view script) {
  const Deadline deadline = Deadline::in(kUploadTime);
  const std::string bytes = spec.encode();
  if (bytes.size() > TaskSpec::kMaxBytes) {
    throw Error(ErrorKind::kInvalid, "the task's arguments and environment are larger than " +
                                         std::to_string(TaskSpec::kMaxBytes >> 20) + " MiB");
  }
  send_pieces(socket, FrameType::kSpec, bytes, deadline);
  send_frame(socket, FrameType::kSpecEnd, {}, deadline, More::kYes);
  send_pieces(socket, FrameType::kScript, script, deadline);
  send_frame(socket, FrameType::kStart, {}, deadline);
}

}  // namespace workspace
