#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/guest/messages.h"
#include "libworkspace/guest/protocol.h"

namespace workspace {

/// What one of a task's standard descriptors is on the node, and so is made to be in the guest.
enum class StdioKind : std::uint8_t {
  kClosed = 0,
  kNull = 1,      ///< /dev/null: the guest opens its own, nothing is relayed
  kRelayed = 2,   ///< a pipe in the guest, whatever it is on the node
  kTerminal = 3,  ///< the guest's pseudo terminal
  /// Of stderr alone: what stdout is, which is relayed. Of two pipes nobody could tell any more in
  /// which order they were written.
  kAsStdout = 4,
};

/// A resource limit by its name in `<sys/resource.h>` (`nofile` for RLIMIT_NOFILE). Numbers as
/// there; kUnlimited for RLIM_INFINITY.
struct ResourceLimit {
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;
  std::string name;
  std::uint64_t soft = kUnlimited;
  std::uint64_t hard = kUnlimited;
};

/// The numbers of getrlimit(2) and the names under which limits travel.
struct ResourceName {
  std::string_view name;
  int resource;
};
extern const std::array<ResourceName, 10> kResourceNames;

/// Everything that makes a task what it is, besides who runs it: that the node's root says in
/// Hello.
struct TaskSpec {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< NAME=VALUE
  /// The environment and the working directory are the guest's own already: the task was started
  /// from inside.
  bool from_inside = false;
  std::string working_directory;
  std::uint32_t umask = 022;
  std::vector<ResourceLimit> limits;
  std::array<StdioKind, kStreamCount> stdio = {StdioKind::kNull, StdioKind::kNull,
                                               StdioKind::kNull};
  TerminalSize terminal;  ///< of use when one of stdio is kTerminal
  /// The descriptor of the task's PMI socket, as its PMI_FD says; -1: there is none.
  int pmi_fd = -1;
  /// The numbers of the guest's CPUs that the task may use; empty: all of them.
  std::vector<std::uint32_t> vcpus;
  std::string script_path;  ///< where the batch script is to stand; empty: there is none

  [[nodiscard]] bool wants_terminal() const;

  /// A sequence of items: a tag (u8), a length (u32, little endian), that many bytes.
  [[nodiscard]] std::string encode() const;
  /// Errors: kInvalid.
  static TaskSpec parse(std::string_view bytes);

  static constexpr std::size_t kMaxBytes = 16 << 20;
  static constexpr std::size_t kMaxScriptBytes = 16 << 20;
};

}  // namespace workspace
