// libworkspace/network/vif-workspace: run as Xen's toolstack does, with a store that is a folder.

#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"
#include "libworkspace/model/control_link.h"
#include "libworkspace/network/job_namespace.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/private_node.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::HasSubstr;
using testing::on_private_node;
using testing::output_of;
using testing::TemporaryFolder;

const std::string kScript =
    std::string(testing::kSourceDir) + "/libworkspace/network/vif-workspace";

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

/// The script with stand-ins for xenstore-read and xenstore-write, which it finds by its own PATH.
class StubbedScript {
 public:
  explicit StubbedScript(const std::string& domain_name) {
    program("xenstore-read", "[ \"$1\" = /local/domain/5/name ] && echo '" + domain_name + "'");
    program("xenstore-write", "echo \"$@\" >>" + store_.file("writes"));
    std::string text = read_file(kScript, 65536);
    const std::string folder = "PATH=/usr/lib/xen-4.17/bin";
    text.replace(text.find(folder), folder.size(), "PATH=" + store_.path());
    store_.write("vif-workspace", text);
    ::chmod(store_.file("vif-workspace").c_str(), 0755);
  }

  CommandResult run(const std::string& action, const std::string& number = "0") {
    Command command;
    command.argv = {store_.file("vif-workspace"), action};
    command.environment = {"vif=vif5." + number, "XENBUS_PATH=backend/vif/5/" + number};
    return run_command(command, soon());
  }

  std::string writes() { return read_file(store_.file("writes"), 65536); }

 private:
  void program(const std::string& name, const std::string& body) {
    store_.write(name, "#!/bin/sh\n" + body + "\n");
    ::chmod(store_.file(name).c_str(), 0755);
  }

  TemporaryFolder store_;
};

void make_vif() { output_of({"ip", "tuntap", "add", "dev", "vif5.0", "mode", "tap"}); }

TEST(VifWorkspaceTest, TheNicIsReadyInTheJobsNamespaceWhenXenIsTold) {
  on_private_node([] {
    const JobNamespace job(JobId(42), HypervisorKind::kXen);
    job.create(soon());
    make_vif();
    StubbedScript script("workspace-42");
    const CommandResult result = script.run("online");
    EXPECT_EQ(result.exit_status, 0) << result.error_output;
    EXPECT_EQ(script.writes(), "backend/vif/5/0/hotplug-status connected\n");

    job.connect_guest(soon());
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "address", "show", "dev", "vif5.0"}),
                HasSubstr(std::string(control_link::kHostAddress) + "/30"));
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "neighbour"}),
                HasSubstr(std::string(control_link::kGuestAddress) + " dev vif5.0 lladdr " +
                          control_link::kXenGuestMac + " PERMANENT"));
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "link", "show", "up"}), HasSubstr("vif5.0:"));
    EXPECT_EQ(script.run("offline").exit_status, 0);
    job.remove(soon());
  });
}

TEST(VifWorkspaceTest, TheSecondNicIsOnTheBridgeOfThePrivateNetwork) {
  on_private_node([] {
    const JobNamespace job(JobId(42), HypervisorKind::kXen);
    job.create(soon());
    output_of({"ip", "-n", "ws-42", "link", "add", "private", "type", "bridge"});
    output_of({"ip", "tuntap", "add", "dev", "vif5.1", "mode", "tap"});
    StubbedScript script("workspace-42");
    const CommandResult result = script.run("online", "1");
    EXPECT_EQ(result.exit_status, 0) << result.error_output;
    EXPECT_EQ(script.writes(), "backend/vif/5/1/hotplug-status connected\n");
    EXPECT_THAT(output_of({"ip", "-n", "ws-42", "-o", "link", "show", "up", "master", "private"}),
                HasSubstr("vif5.1:"));
    EXPECT_EQ(output_of({"ip", "-n", "ws-42", "-o", "address", "show", "dev", "vif5.1"}), "");

    const CommandResult third = StubbedScript("workspace-42").run("online", "2");
    EXPECT_EQ(third.exit_status, 1);
    EXPECT_THAT(third.error_output, HasSubstr("vif-workspace: a job's domain has no NIC 2"));
    job.remove(soon());
  });
}

TEST(VifWorkspaceTest, AnyOtherDomainOrActionIsRefused) {
  const struct {
    const char* domain;
    const char* action;
    const char* reason;
  } cases[] = {
      {"Domain-0", "online", "Domain-0 is not the domain of a job"},
      {"workspace-", "online", "workspace- is not the domain of a job"},
      {"workspace-4/../2", "online", "workspace-4/../2 is not the domain of a job"},
      {"workspace-42 x", "online", "workspace-42 x is not the domain of a job"},
      {"workspace-42", "online", "vif5.0 cannot enter ws-42"},  // there is no such namespace
      {"workspace-42", "start", "unknown action 'start'"},
  };
  on_private_node([&] {
    make_vif();
    for (const auto& c : cases) {
      SCOPED_TRACE(std::string(c.domain) + " " + c.action);
      StubbedScript script(c.domain);
      const CommandResult result = script.run(c.action);
      EXPECT_EQ(result.exit_status, 1);
      EXPECT_THAT(result.error_output, HasSubstr(std::string("vif-workspace: ") + c.reason));
      EXPECT_THAT(script.writes(), HasSubstr("backend/vif/5/0/hotplug-status error"));
      EXPECT_NE(::if_nametoindex("vif5.0"), 0U);
    }
  });
}

}  // namespace
}  // namespace workspace
