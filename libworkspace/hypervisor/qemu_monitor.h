#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

/// A talk with a QEMU over its monitor's socket (QEMU Machine Protocol: QEMU's qmp-spec.txt). A
/// QEMU talks with one client at a time; the next one waits for its turn.
class QemuMonitor {
 public:
  /// Connects and has the greeting. Errors: kHost when nobody listens there or it is no QEMU;
  /// kTimeout.
  QemuMonitor(std::string socket, Deadline deadline);

  /// The `return` of a command. Errors: kHost with QEMU's own words when it refuses, ends or
  /// answers with something else; kTimeout.
  nlohmann::json execute(std::string_view command,
                         nlohmann::json arguments = nlohmann::json::object());

  /// QEMU's; 0 when the kernel does not tell.
  [[nodiscard]] pid_t process() const;

 private:
  /// The next message that is no event.
  nlohmann::json receive();
  std::string receive_line();
  [[noreturn]] void fail(const std::string& why) const;

  std::string path_;
  Deadline deadline_;
  UniqueFd socket_;
  std::string received_;
};

}  // namespace workspace
