#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace workspace {

/// The payloads of the frames that hold more than bytes or a number. Each is written by encode()
/// and read by parse(), which throws kInvalid for anything that encode() would not have written.

/// What a connection is for.
enum class Purpose { kTask, kProbe, kMount, kMounted, kStop, kSettle, kResize };

std::string_view name_of(Purpose purpose);

/// The node's first frame. The token proves that it is the node that speaks: only the job's record,
/// which root alone can read, and the guest's boot configuration hold it.
struct Hello {
  std::string token;  ///< 64 hexadecimal digits
  Purpose purpose = Purpose::kProbe;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t job = 0;
  std::uint32_t step = 0;
  std::uint32_t task = 0;

  [[nodiscard]] std::string encode() const;
  static Hello parse(std::string_view payload);
};

/// The answer to a probe: what the guest found when it looked at itself. The agent answers only
/// when every step of its own boot went well, so an answer says that root, scratch disk and NIC are
/// there; an image's own init may need longer.
struct Readiness {
  std::string agent_version;
  std::string kernel;      ///< as `uname -r` has it
  std::string hypervisor;  ///< xen, kvm, tcg, or unknown
  std::uint32_t vcpus = 0;
  std::uint64_t memory_kib = 0;
  std::uint64_t scratch_kib = 0;
  std::uint64_t uptime_ms = 0;
  /// Of an image's own init: kSystemStarting, `running`, or `degraded: ` and what failed, one line;
  /// empty where the agent is PID 1.
  std::string system;

  static constexpr char kSystemStarting[] = "starting";

  [[nodiscard]] std::string encode() const;
  static Readiness parse(std::string_view payload);
};

/// A folder of the node's, or a single file in it, to be mounted in the guest over this very
/// connection.
struct MountRequest {
  std::string destination;  ///< absolute, no `.` or `..` parts
  std::string export_name;  ///< the folder's name on the server (9p's aname)
  std::string file;         ///< a name in that folder; empty: the whole folder is meant
  bool read_only = false;

  [[nodiscard]] std::string encode() const;
  static MountRequest parse(std::string_view payload);
};

/// What the guest is to have from now on.
struct MachineSize {
  std::uint32_t vcpus = 1;          ///< online, the first of those that there are
  std::uint64_t give_back_mib = 0;  ///< of its memory, which the hypervisor then takes
  std::uint64_t ballooned_mib = 0;  ///< what it then lacks of the memory that it booted with

  [[nodiscard]] std::string encode() const;
  static MachineSize parse(std::string_view payload);
};

/// How a task ended.
struct TaskExit {
  bool signaled = false;
  std::uint8_t code = 0;  ///< the exit status, or the signal's number
  bool core = false;
  /// The guest's kernel ended a process of the task, not always its first, for want of memory.
  bool out_of_memory = false;

  [[nodiscard]] std::string encode() const;
  static TaskExit parse(std::string_view payload);
};

struct TerminalSize {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;

  [[nodiscard]] std::string encode() const;
  static TerminalSize parse(std::string_view payload);
};

}  // namespace workspace
