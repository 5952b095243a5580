/// Slurm's commands from inside, end to end but for the VM: the guest's stub, the agent's door and
/// the node's broker as plain processes, and shell scripts for Slurm's commands.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "guest/command_door.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "spank_plugin/workspace_exec/command_broker.h"
#include "test_paths.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;

constexpr std::chrono::seconds kPatience(60);

/// Serves `end` of a connection for ever: the door on the guest's, the broker on the node's.
template <class End>
[[noreturn]] void serve(UniqueFd connection, End& end) {
  FrameSocket socket(std::move(connection));
  while (!socket.broken()) {
    std::vector<struct pollfd> entries = {
        {socket.fd(), static_cast<short>(POLLIN | (socket.has_output() ? POLLOUT : 0)), 0}};
    end.add_poll_entries(entries, socket);
    ::poll(entries.data(), entries.size(), 1000);
    end.serve(entries, 1, socket);
    if (entries[0].revents != 0) socket.receive();
    while (const auto frame = socket.next()) {
      if constexpr (requires { end.handle(*frame, socket); }) {
        end.handle(*frame, socket);
      } else {
        end.handle(*frame);
      }
    }
    socket.flush();
  }
  ::_exit(0);
}

struct Outcome {
  int wait_status = 0;
  std::string output;
  std::string error_output;
};

class SlurmCommand : public ::testing::Test {
 protected:
  SlurmCommand() {
    ::chmod(folder_.path().c_str(), 0755);
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    UniqueFd guest(ends[0]);
    UniqueFd node(ends[1]);
    rules_.slurm_bin = folder_.path();
    rules_.commands = HostCommands::all();
    door_path_ = folder_.path() + "/door";
    door_pid_ = start([&] {
      node.reset();
      agent::CommandDoor door(door_path_, {::geteuid(), ::getegid(), {}});
      serve(std::move(guest), door);
    });
    broker_pid_ = start([&] {
      guest.reset();
      exec::CommandBroker broker(rules_);
      serve(std::move(node), broker);
    });
    wait_until_file("door");
  }

  ~SlurmCommand() override {
    for (const pid_t pid : {door_pid_, broker_pid_}) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  template <class Body>
  static pid_t start(Body body) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_IGN);
    try {
      body();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
    }
    ::_exit(1);
  }

  /// The node's command of that name.
  void on_node(const std::string& name, const std::string& script) const {
    ::chmod(folder_.write(name, "#!/bin/sh\n" + script).c_str(), 0755);
  }

  [[nodiscard]] std::size_t files_named(const std::string& prefix) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      if (entry.path().filename().string().starts_with(prefix)) ++count;
    return count;
  }

  /// Starts a command in the guest, with its streams in files.
  [[nodiscard]] pid_t call(const std::string& command, const std::string& input = "") const {
    const std::string input_path = folder_.write("input", input);
    return start([&] {
      ::setenv("WORKSPACE_COMMANDS", door_path_.c_str(), 1);
      ::signal(SIGPIPE, SIG_DFL);
      ::dup2(::open(input_path.c_str(), O_RDONLY), 0);
      ::dup2(::open((folder_.path() + "/out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      ::dup2(::open((folder_.path() + "/err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      const auto words = split(command, ' ');
      std::vector<char*> argv;
      for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      const std::string agent = std::string(testing::kBinaryDir) + "/guest/workspace-agent";
      ::execv(agent.c_str(), argv.data());
    });
  }

  [[nodiscard]] Outcome wait_for(pid_t pid) const {
    Outcome outcome;
    const Deadline deadline = Deadline::in(kPatience);
    while (::waitpid(pid, &outcome.wait_status, WNOHANG) == 0) {
      if (deadline.passed()) {
        ADD_FAILURE() << "the command did not end";
        ::kill(pid, SIGKILL);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    outcome.output = read_file(folder_.path() + "/out", std::size_t{64} << 20);
    outcome.error_output = read_file(folder_.path() + "/err", std::size_t{64} << 20);
    return outcome;
  }

  [[nodiscard]] Outcome run(const std::string& command, const std::string& input = "") const {
    return wait_for(call(command, input));
  }

  void wait_until_file(const std::string& name) const {
    const Deadline deadline = Deadline::in(kPatience);
    while (::access((folder_.path() + "/" + name).c_str(), F_OK) != 0 && !deadline.passed())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  TemporaryFolder folder_;
  std::string door_path_;
  exec::HostCommandRules rules_;
  pid_t door_pid_ = -1;
  pid_t broker_pid_ = -1;
};

int exit_code(const Outcome& outcome) {
  EXPECT_TRUE(WIFEXITED(outcome.wait_status)) << outcome.error_output;
  return WEXITSTATUS(outcome.wait_status);
}

TEST_F(SlurmCommand, RunsOnTheNodeWithWordsStreamsAndStatus) {
  on_node("squeue", "echo \"$0:$*\"; echo err >&2; exit 37");
  const Outcome outcome = run("squeue -j 5 -h");
  EXPECT_EQ(exit_code(outcome), 37);
  EXPECT_EQ(outcome.output, folder_.path() + "/squeue:-j 5 -h\n");
  EXPECT_EQ(outcome.error_output, "err\n");
}

TEST_F(SlurmCommand, DiesByTheSameSignal) {
  on_node("squeue", "kill -TERM $$");
  const Outcome outcome = run("squeue");
  ASSERT_TRUE(WIFSIGNALED(outcome.wait_status));
  EXPECT_EQ(WTERMSIG(outcome.wait_status), SIGTERM);
}

TEST_F(SlurmCommand, PassesLargeStreamsBothWays) {
  on_node("srun", "cat");
  const std::string data(std::size_t{16} << 20, 'x');
  const Outcome outcome = run("srun cat", data);
  EXPECT_EQ(exit_code(outcome), 0);
  EXPECT_TRUE(outcome.output == data) << outcome.output.size() << " bytes came back";
}

TEST_F(SlurmCommand, LeavesStdinToTheCallerWhereItReadsNone) {
  on_node("squeue", "cat");
  EXPECT_EQ(run("squeue", "a line\n").output, "");
}

TEST_F(SlurmCommand, GetsTheSignalsOfItsCaller) {
  on_node("srun", "trap 'echo got INT; exit 3' INT; : >" + folder_.path() +
                      "/ready; while :; do sleep 0.05; done");
  const pid_t pid = call("srun x");
  wait_until_file("ready");
  ::kill(pid, SIGINT);
  const Outcome outcome = wait_for(pid);
  EXPECT_EQ(exit_code(outcome), 3);
  EXPECT_EQ(outcome.output, "got INT\n");
}

TEST_F(SlurmCommand, EndsWithItsCaller) {
  on_node("srun", "trap ': >" + folder_.path() + "/ended; exit' TERM; : >" + folder_.path() +
                      "/ready; yes & while :; do sleep 0.05; done");
  const pid_t pid = call("srun x");
  wait_until_file("ready");
  ::kill(pid, SIGKILL);
  (void)wait_for(pid);
  wait_until_file("ended");
  EXPECT_EQ(::access((folder_.path() + "/ended").c_str(), F_OK), 0);
}

TEST_F(SlurmCommand, IsRefusedInOneLine) {
  for (const std::string command : {"sacctmgr show", "srun --uid=0 id"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(exit_code(outcome), 125);
    EXPECT_THAT(outcome.error_output, StartsWith("workspace: "));
    EXPECT_THAT(outcome.error_output, HasSubstr(" may not be used from inside"));
    EXPECT_EQ(std::count(outcome.error_output.begin(), outcome.error_output.end(), '\n'), 1);
  }
  EXPECT_THAT(run("sattach 5.0").error_output, HasSubstr("workspace: the node has no "));
}

TEST_F(SlurmCommand, OfSbatchTakesTheScriptAlong) {
  on_node("sbatch", "shift; echo \"${1##*/} $2\"; cat \"$1\"");
  const TemporaryFolder guest;
  const std::string script = guest.write("job.sh", "#!/bin/sh\necho one\n");
  EXPECT_EQ(run("sbatch -v " + script + " arg").output, "job.sh arg\n#!/bin/sh\necho one\n");
}

TEST_F(SlurmCommand, OfSallocRunsItsCommandInside) {
  on_node("salloc",
          "echo granted >&2; export SLURM_JOB_ID=77 SLURM_JOB_NODELIST='n[1-2]' OTHER=x;"
          "test \"${2##*/} $3\" = 'workspace-exec --hold-allocation' || exit 9;"
          "set -- env -i OTHER=x SLURM_JOB_ID=77 \"SLURM_JOB_NODELIST=n[1-2]\" " +
              std::string(testing::kBinaryDir) +
              "/spank_plugin/workspace_exec/workspace-exec --hold-allocation; exec \"$@\"");
  const Outcome outcome = run("salloc -v env");
  EXPECT_EQ(exit_code(outcome), 0);
  EXPECT_EQ(outcome.error_output, "granted\n");
  EXPECT_THAT(outcome.output, HasSubstr("SLURM_JOB_ID=77\n"));
  EXPECT_THAT(outcome.output, HasSubstr("SLURM_JOB_NODELIST=n[1-2]\n"));
  EXPECT_THAT(outcome.output, ::testing::Not(HasSubstr("OTHER=")));
  EXPECT_EQ(exit_code(run("salloc -v false")), 1);

  on_node("salloc", "echo 'salloc: error: none left' >&2; exit 1");
  const Outcome refused = run("salloc -v true");
  EXPECT_EQ(exit_code(refused), 1);
  EXPECT_EQ(refused.error_output, "salloc: error: none left\n");
}

TEST_F(SlurmCommand, AreAtMostThirtyAtOnce) {
  on_node("srun", ": >" + folder_.path() + "/begun-$$; while [ ! -e " + folder_.path() +
                      "/end ]; do sleep 0.1; done");
  std::vector<pid_t> calls;
  for (int i = kFirstCommandChannel; i < kChannelCount; ++i) calls.push_back(call("srun x"));
  // A question before all of them are through the door would take the place of one.
  const Deadline deadline = Deadline::in(kPatience);
  while (files_named("begun-") < calls.size() && !deadline.passed())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Outcome refused = run("squeue");
  EXPECT_EQ(exit_code(refused), 125);
  EXPECT_EQ(refused.error_output,
            "workspace: 30 commands of Slurm's are at work for this task already; wait for one to "
            "end\n");
  folder_.write("end", "");
  for (const pid_t pid : calls) EXPECT_EQ(exit_code(wait_for(pid)), 0);
  on_node("squeue", "echo again");
  EXPECT_EQ(run("squeue").output, "again\n");
}

/// A caller that speaks for itself; the door may not be there yet.
UniqueFd connect_to(const std::string& path) {
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto connects = [&] {
    return ::connect(socket.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) ==
           0;
  };
  const Deadline deadline = Deadline::in(kPatience);
  bool connected = connects();
  while (!connected && !deadline.passed()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    connected = connects();
  }
  EXPECT_TRUE(connected) << std::strerror(errno);
  return socket;
}

TEST_F(SlurmCommand, FloodsEndTheirOwnChannelOnly) {
  on_node("squeue", "echo fine");
  const std::string garbage[] = {
      std::string(200000, '\xff'),                                 // no frames
      std::string("\x01\0\0\0\x10\0\0\0x", 9),                     // data before a request
      std::string("\0\0\0\0\x05\0\0\0", 8),                        // a start without one
      std::string("\x01\0\0\0\x02\0\0\0x\0\0\0\0\x03\0\0\0", 17),  // a request that is none
      std::string("\0\0\0\0\x21\0\0\0", 8),    // a frame that goes the other way
      std::string("\0\0\0\0\x05\x06\0\0", 8),  // another channel's
      std::string("\x04\0\0\0", 4),            // half a frame, and silence
  };
  std::vector<UniqueFd> silent;
  for (int round = 0; round < 20; ++round) {
    for (const auto& bytes : garbage) {
      UniqueFd socket = connect_to(door_path_);
      (void)::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (round == 0) silent.push_back(std::move(socket));
    }
  }
  // Until the last of them is seen to be gone there may be too many.
  const Deadline deadline = Deadline::in(std::chrono::seconds(30));
  std::string output;
  while (output != "fine\n" && !deadline.passed()) output = run("squeue").output;
  EXPECT_EQ(output, "fine\n");
}

}  // namespace
}  // namespace workspace
