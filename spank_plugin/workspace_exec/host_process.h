#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/guest/messages.h"
#include "libworkspace/guest/streams.h"
#include "spank_plugin/workspace_exec/host_command.h"

namespace workspace::exec {

/// A command of Slurm's that runs on this node, its standard streams relayed on a channel. It is a
/// session of its own, on a terminal of its own if the guest's program has one. It dies with this
/// process, and with this object.
class HostProcess {
 public:
  /// Errors: kHost when it cannot be started. What goes wrong behind that is told on its stderr,
  /// with status 125.
  HostProcess(const HostCommand& command, std::uint8_t channel);
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;
  ~HostProcess();

  [[nodiscard]] Streams& streams() { return streams_; }
  /// Readable when the command has ended; -1 once reap() has seen that.
  [[nodiscard]] int ended_fd() const { return end_ ? -1 : ended_.get(); }
  void reap();
  /// How it ended; nothing while it runs.
  [[nodiscard]] const std::optional<TaskExit>& end() const { return end_; }

  void signal(int number) const;
  void resize(const TerminalSize& size) const;

 private:
  /// The guest's batch script under its own name, which sbatch makes the job's; removed with the
  /// object.
  class ScriptCopy {
   public:
    ScriptCopy(const std::string& name, const std::string& content);
    ScriptCopy(const ScriptCopy&) = delete;
    ScriptCopy& operator=(const ScriptCopy&) = delete;
    ~ScriptCopy();
    [[nodiscard]] const std::string& path() const { return path_; }

   private:
    std::string folder_;
    std::string path_;
  };

  std::optional<ScriptCopy> script_;
  pid_t pid_ = -1;
  UniqueFd ended_;
  UniqueFd terminal_;
  Streams streams_;
  std::optional<TaskExit> end_;
};

}  // namespace workspace::exec
