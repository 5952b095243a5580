#include "libworkspace/guest/messages.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

Hello sample_hello() {
  Hello hello;
  hello.token = std::string(64, 'a');
  hello.purpose = Purpose::kTask;
  hello.uid = 5001;
  hello.gid = 5002;
  hello.job = 42;
  hello.step = 4294967291;
  hello.task = 7;
  return hello;
}

TEST(HelloMessage, ComesBackAsItWasSent) {
  const Hello hello = Hello::parse(sample_hello().encode());
  EXPECT_EQ(hello.token, std::string(64, 'a'));
  EXPECT_EQ(hello.purpose, Purpose::kTask);
  EXPECT_EQ(hello.uid, 5001U);
  EXPECT_EQ(hello.gid, 5002U);
  EXPECT_EQ(hello.job, 42U);
  EXPECT_EQ(hello.step, 4294967291U);
  EXPECT_EQ(hello.task, 7U);
}

TEST(HelloMessage, IsRefused) {
  const std::string good = sample_hello().encode();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    return bad.replace(bad.find(from), from.size(), to);
  };
  const struct {
    std::string payload;
    std::string text;
  } cases[] = {
      {"", "protocol error: HELLO: field 'version' is missing"},
      {with("version=1", "version=2"),
       "protocol error: HELLO: the other side speaks another version of the protocol"},
      {with("purpose=task", "purpose=reboot"), "protocol error: HELLO: 'reboot' is no purpose"},
      {with("uid=5001", "uid=-1"),
       "protocol error: HELLO: field 'uid' is '-1', not a whole number up to 4294967295"},
      {good + "root=1\n", "protocol error: HELLO: field 'root' is not known"},
  };
  for (const auto& c : cases)
    expect_error([&] { Hello::parse(c.payload); }, ErrorKind::kInvalid, StrEq(c.text));
}

TEST(ReadinessMessage, ShowsNothingUnprintable) {
  Readiness hostile;
  hostile.agent_version = "1\n\x1b[31m";
  hostile.kernel = std::string(5000, 'k');
  hostile.hypervisor = "xen";
  hostile.vcpus = 3;
  hostile.memory_kib = 4096;
  hostile.system = "degraded\n" + std::string(5000, 'x');
  const Readiness readiness = Readiness::parse(hostile.encode());
  EXPECT_EQ(readiness.agent_version, "1\\x0a\\x1b[31m");
  EXPECT_LT(readiness.kernel.size(), 100U);
  EXPECT_EQ(readiness.vcpus, 3U);
  EXPECT_TRUE(readiness.system.starts_with("degraded\\x0axxx"));
  EXPECT_LT(readiness.system.size(), 600U);
  EXPECT_EQ(readiness.memory_kib, 4096U);
}

TEST(MountMessage, TakesPlainAbsolutePathsOnly) {
  MountRequest request{"/home/user 1", "/export/home", "", true};
  const MountRequest back = MountRequest::parse(request.encode());
  EXPECT_EQ(back.destination, "/home/user 1");
  EXPECT_EQ(back.export_name, "/export/home");
  EXPECT_TRUE(back.read_only);

  const struct {
    std::string destination;
    std::string text;
  } cases[] = {
      {"", "protocol error: MOUNT: '' is no place to mount at"},
      {"/", "protocol error: MOUNT: '/' is no place to mount at"},
      {"home", "protocol error: MOUNT: 'home' is no place to mount at"},
      {"/home/../etc", "protocol error: MOUNT: '/home/../etc' has an empty, '.' or '..' part"},
      {"/home//x", "protocol error: MOUNT: '/home//x' has an empty, '.' or '..' part"},
      {"/home/", "protocol error: MOUNT: '/home/' has an empty, '.' or '..' part"},
  };
  for (const auto& c : cases) {
    request.destination = c.destination;
    expect_error([&] { MountRequest::parse(request.encode()); }, ErrorKind::kInvalid,
                 StrEq(c.text));
  }
}

TEST(MountMessage, TakesTheNameOfASingleFile) {
  MountRequest request{"/opt/licence", "/export", "a file", false};
  EXPECT_EQ(MountRequest::parse(request.encode()).file, "a file");
  for (const char* name : {".", "..", "../x", "a/b", "/x"}) {
    request.file = name;
    expect_error([&] { MountRequest::parse(request.encode()); }, ErrorKind::kInvalid,
                 StrEq("protocol error: MOUNT: '" + request.file + "' is no name of a file"));
  }
}

TEST(ExitMessage, ComesBackAsItWasSent) {
  for (const TaskExit& end : {TaskExit{false, 0, false}, TaskExit{false, 255, false},
                              TaskExit{true, 9, false, true}, TaskExit{true, 11, true, true}}) {
    const TaskExit back = TaskExit::parse(end.encode());
    EXPECT_EQ(back.signaled, end.signaled);
    EXPECT_EQ(back.code, end.code);
    EXPECT_EQ(back.core, end.core);
    EXPECT_EQ(back.out_of_memory, end.out_of_memory);
  }
}

TEST(ExitMessage, IsRefused) {
  const struct {
    std::string payload;
    std::string text;
  } cases[] = {
      {"", "protocol error: EXIT is malformed"},
      {std::string("\0\0\0\0", 4), "protocol error: EXIT is malformed"},
      {std::string("\2\0\0", 3), "protocol error: EXIT is malformed"},
      {std::string("\0\0\4", 3), "protocol error: EXIT is malformed"},
      {std::string("\0\0\xff", 3), "protocol error: EXIT is malformed"},
      {std::string("\1\0\0", 3), "protocol error: EXIT by signal 0, which does not exist"},
      {std::string("\1\x41\0", 3), "protocol error: EXIT by signal 65, which does not exist"},
      {std::string("\1\x13\0", 3), "protocol error: EXIT by signal 19, which ends no program"},
      {std::string("\1\x16\0", 3), "protocol error: EXIT by signal 22, which ends no program"},
  };
  for (const auto& c : cases)
    expect_error([&] { TaskExit::parse(c.payload); }, ErrorKind::kInvalid, StrEq(c.text));
}

TEST(TerminalSizeMessage, ComesBackAsItWasSent) {
  const TerminalSize size = TerminalSize::parse(TerminalSize{50, 65535}.encode());
  EXPECT_EQ(size.rows, 50);
  EXPECT_EQ(size.columns, 65535);
}

TEST(SizeMessage, ComesBackAsItWasSentOrIsRefused) {
  const MachineSize size = MachineSize::parse(MachineSize{3, 100, 250}.encode());
  EXPECT_EQ(size.vcpus, 3U);
  EXPECT_EQ(size.give_back_mib, 100U);
  EXPECT_EQ(size.ballooned_mib, 250U);
  const std::pair<const char*, const char*> cases[] = {
      {"", "protocol error: SIZE: field 'vcpus' is missing"},
      {"vcpus=0\ngive_back_mib=1\nballooned_mib=1\n",
       "protocol error: SIZE: a machine has at least one vCPU"},
      {"vcpus=1\ngive_back_mib=-1\n",
       "protocol error: SIZE: field 'give_back_mib' is '-1', not a whole number up to 4294967295"},
      {"vcpus=1\ngive_back_mib=1\nballooned_mib=4294967296\n",
       "protocol error: SIZE: field 'ballooned_mib' is '4294967296', not a whole number up to "
       "4294967295"},
      {"vcpus=1\ngive_back_mib=1\nballooned_mib=1\nmore=1\n",
       "protocol error: SIZE: field 'more' is not known"},
  };
  for (const auto& [payload, text] : cases)
    expect_error([payload = payload] { MachineSize::parse(payload); }, ErrorKind::kInvalid, text);
}

}  // namespace
}  // namespace workspace
