#include "tests/support/private_node.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/process.h"

namespace workspace::testing {
namespace {

void become_private_node() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) throw_errno("unshare");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw_errno("mount /");
  ::mkdir("/run/netns", 0755);
  if (::mount("none", "/run/netns", "tmpfs", 0, nullptr) != 0) throw_errno("mount /run/netns");
}

}  // namespace

void on_private_node(const std::function<void()>& body) {
  std::thread([&] {
    try {
      become_private_node();
      body();
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
  }).join();
}

std::string output_of(std::initializer_list<std::string> argv) {
  Command command;
  command.argv = argv;
  return check_command(command, Deadline::in(std::chrono::seconds(10)));
}

}  // namespace workspace::testing
