#include "libworkspace/guest/messages.h"

#include <csignal>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/protocol.h"

namespace workspace {
namespace {

constexpr std::string_view kProtocolVersion = "1";
constexpr int kHighestSignal = 64;
/// In EXIT's last byte.
constexpr int kCoreFlag = 1;
constexpr int kOutOfMemoryFlag = 2;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "protocol error: " + why);
}

std::uint32_t take_u32(Fields& fields, std::string_view name) {
  return static_cast<std::uint32_t>(fields.take_number(name, UINT32_MAX));
}

/// Runs `read` over the payload's fields and refuses what it left.
template <class Message, class Read>
Message parse_fields(std::string_view payload, std::string_view what, Read read) {
  try {
    Fields fields = Fields::from_lines(payload);
    Message message = read(fields);
    fields.expect_empty();
    return message;
  } catch (Error& e) {
    throw e.in("protocol error: " + std::string(what));
  }
}

/// Whether a signal's default is to end a program (signal(7)).
bool ends_a_program(int number) {
  switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
      return false;
    default:
      return true;
  }
}

Purpose parse_purpose(std::string_view text) {
  for (const auto purpose : {Purpose::kTask, Purpose::kProbe, Purpose::kMount, Purpose::kMounted,
                             Purpose::kStop, Purpose::kSettle, Purpose::kResize}) {
    if (text == name_of(purpose)) return purpose;
  }
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 32) + "' is no purpose");
}

void expect_plain_path(const std::string& path) {
  if (path.size() < 2 || path.front() != '/')
    throw Error(ErrorKind::kInvalid, "'" + printable(path, 256) + "' is no place to mount at");
  for (const auto& part : split(std::string_view(path).substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") {
      throw Error(ErrorKind::kInvalid,
                  "'" + printable(path, 256) + "' has an empty, '.' or '..' part");
    }
  }
}

void expect_plain_name(const std::string& name) {
  if (name == "." || name == ".." || name.find('/') != std::string::npos)
    throw Error(ErrorKind::kInvalid, "'" + printable(name, 256) + "' is no name of a file");
}

}  // namespace

std::string_view name_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::kTask:
      return "task";
    case Purpose::kProbe:
      return "probe";
    case Purpose::kMount:
      return "mount";
    case Purpose::kMounted:
      return "mounted";
    case Purpose::kStop:
      return "stop";
    case Purpose::kSettle:
      return "settle";
    case Purpose::kResize:
      return "resize";
  }
  return "unknown";
}

std::string Hello::encode() const {
  Fields fields;
  fields.add("version", kProtocolVersion);
  fields.add("token", token);
  fields.add("purpose", name_of(purpose));
  fields.add("uid", std::uint64_t{uid});
  fields.add("gid", std::uint64_t{gid});
  fields.add("job", std::uint64_t{job});
  fields.add("step", std::uint64_t{step});
  fields.add("task", std::uint64_t{task});
  return fields.to_lines();
}

Hello Hello::parse(std::string_view payload) {
  return parse_fields<Hello>(payload, "HELLO", [](Fields& fields) {
    if (fields.take("version") != kProtocolVersion)
      throw Error(ErrorKind::kInvalid, "the other side speaks another version of the protocol");
    Hello hello;
    hello.token = fields.take("token");
    hello.purpose = parse_purpose(fields.take("purpose"));
    hello.uid = take_u32(fields, "uid");
    hello.gid = take_u32(fields, "gid");
    hello.job = take_u32(fields, "job");
    hello.step = take_u32(fields, "step");
    hello.task = take_u32(fields, "task");
    return hello;
  });
}

std::string Readiness::encode() const {
  Fields fields;
  fields.add("agent_version", agent_version);
  fields.add("kernel", kernel);
  fields.add("hypervisor", hypervisor);
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("memory_kib", memory_kib);
  fields.add("scratch_kib", scratch_kib);
  fields.add("uptime_ms", uptime_ms);
  if (!system.empty()) fields.add("system", system);
  return fields.to_lines();
}

Readiness Readiness::parse(std::string_view payload) {
  return parse_fields<Readiness>(payload, "READY", [](Fields& fields) {
    // The guest is hostile: what it says of itself is shown to people, so it is made printable
    // here.
    Readiness readiness;
    readiness.agent_version = printable(fields.take("agent_version"), 64);
    readiness.kernel = printable(fields.take("kernel"), 64);
    readiness.hypervisor = printable(fields.take("hypervisor"), 16);
    readiness.vcpus = take_u32(fields, "vcpus");
    readiness.memory_kib = fields.take_number("memory_kib");
    readiness.scratch_kib = fields.take_number("scratch_kib");
    readiness.uptime_ms = fields.take_number("uptime_ms");
    readiness.system = printable(fields.take_or("system", ""), 512);
    return readiness;
  });
}

std::string MountRequest::encode() const {
  Fields fields;
  fields.add("destination", destination);
  fields.add("export_name", export_name);
  if (!file.empty()) fields.add("file", file);
  fields.add("read_only", read_only ? "1" : "0");
  return fields.to_lines();
}

MountRequest MountRequest::parse(std::string_view payload) {
  return parse_fields<MountRequest>(payload, "MOUNT", [](Fields& fields) {
    MountRequest request;
    request.destination = fields.take("destination");
    request.export_name = fields.take("export_name");
    request.file = fields.take_or("file", "");
    request.read_only = fields.take_number("read_only", 1) == 1;
    expect_plain_path(request.destination);
    expect_plain_name(request.file);
    return request;
  });
}

std::string MachineSize::encode() const {
  Fields fields;
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("give_back_mib", give_back_mib);
  fields.add("ballooned_mib", ballooned_mib);
  return fields.to_lines();
}

MachineSize MachineSize::parse(std::string_view payload) {
  return parse_fields<MachineSize>(payload, "SIZE", [](Fields& fields) {
    MachineSize size;
    size.vcpus = take_u32(fields, "vcpus");
    size.give_back_mib = fields.take_number("give_back_mib", UINT32_MAX);
    size.ballooned_mib = fields.take_number("ballooned_mib", UINT32_MAX);
    if (size.vcpus == 0) throw Error(ErrorKind::kInvalid, "a machine has at least one vCPU");
    return size;
  });
}

std::string TaskExit::encode() const {
  const int flags = (core ? kCoreFlag : 0) | (out_of_memory ? kOutOfMemoryFlag : 0);
  return {static_cast<char>(signaled), static_cast<char>(code), static_cast<char>(flags)};
}

TaskExit TaskExit::parse(std::string_view payload) {
  if (payload.size() != 3 || payload[0] < 0 || payload[0] > 1 || payload[2] < 0 ||
      payload[2] > (kCoreFlag | kOutOfMemoryFlag))
    refuse("EXIT is malformed");
  TaskExit end;
  end.signaled = payload[0] == 1;
  end.code = static_cast<std::uint8_t>(payload[1]);
  end.core = (payload[2] & kCoreFlag) != 0;
  end.out_of_memory = (payload[2] & kOutOfMemoryFlag) != 0;
  if (end.signaled && (end.code == 0 || end.code > kHighestSignal))
    refuse("EXIT by signal " + std::to_string(end.code) + ", which does not exist");
  // One who ends by it would stand still instead.
  if (end.signaled && !ends_a_program(end.code))
    refuse("EXIT by signal " + std::to_string(end.code) + ", which ends no program");
  return end;
}

std::string TerminalSize::encode() const {
  return encode_u32(std::uint32_t{rows} | std::uint32_t{columns} << 16);
}

TerminalSize TerminalSize::parse(std::string_view payload) {
  const std::uint32_t both = decode_u32(payload, "RESIZE");
  return {static_cast<std::uint16_t>(both & 0xffff), static_cast<std::uint16_t>(both >> 16)};
}

}  // namespace workspace
