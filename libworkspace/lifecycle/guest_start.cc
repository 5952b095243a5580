#include "libworkspace/lifecycle/guest_start.h"

#include <chrono>
#include <thread>

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/hypervisor/console.h"

namespace workspace {
namespace {

/// How often a guest that does not answer yet is looked at: has its domain ended meanwhile?
constexpr auto kLivenessInterval = std::chrono::seconds(2);
/// How often a guest is asked whether its system is up.
constexpr auto kAskAgain = std::chrono::milliseconds(250);
constexpr std::size_t kConsoleTailBytes = 1024;
/// Of a boot log: what the hypervisor keeps of it at the most.
constexpr std::size_t kConsoleCopyBytes = 65536;

}  // namespace

GuestStart::GuestStart(Node& node, JobRecord& record, AgentClient agent, BootMode boot)
    : node_(node),
      record_(record),
      agent_(std::move(agent)),
      boot_(boot),
      deadline_(Deadline::in(node.site.boot_timeout)) {}

void GuestStart::await_agent() {
  const Readiness ready = ask("did not answer within " + timeout_text());
  if (ready.vcpus != record_.vcpus) {
    throw Error(ErrorKind::kHost, "the VM has " + std::to_string(ready.vcpus) + " vCPUs, not the " +
                                      std::to_string(record_.vcpus) + " that were allocated");
  }
  if (boot_ == BootMode::kAgent) keep_console();
}

void GuestStart::await_system() {
  if (boot_ == BootMode::kAgent) return;
  const std::string late = "has an init that did not get its system up within " + timeout_text();
  Readiness ready = ask(late);
  while (ready.system == Readiness::kSystemStarting) {
    if (deadline_.passed()) refuse(late);
    std::this_thread::sleep_for(kAskAgain);
    ready = ask(late);
  }
  keep_console();
  if (ready.system == "running") return;
  record_.notice = "the image's system is " + ready.system;
  log_warning(record_.notice);
}

/// Asks until it answers.
Readiness GuestStart::ask(const std::string& late) {
  for (;;) {
    try {
      return agent_.probe(deadline_.no_later_than(kLivenessInterval));
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kGuest) throw;
      if (!node_.hypervisor->is_running(record_.job, Node::step_deadline()))
        refuse("ended while it booted");
      if (deadline_.passed()) refuse(late);
    }
  }
}

/// For `workspace console`, and returned: Xen's console can be read only once. A job runs without
/// it.
std::string GuestStart::keep_console() {
  std::string console =
      node_.hypervisor->console_tail(record_.job, kConsoleCopyBytes, Node::step_deadline());
  try {
    node_.records.save_console(record_, console);
  } catch (const Error& e) {
    log_warning(e.text());
  }
  return console;
}

void GuestStart::refuse(const std::string& why) {
  std::string text = "image '" + record_.image + "' " + why;
  std::string console = console_lines(keep_console(), kConsoleTailBytes);
  if (!console.empty()) {
    log_error("the console's last lines: " + console);
    while (!console.empty() && console.back() == '\n') console.pop_back();
    for (auto at = console.find('\n'); at != std::string::npos; at = console.find('\n', at))
      console.replace(at, 1, " | ");
    text += "; the console's last lines: " + console;
  }
  throw Error(ErrorKind::kGuest, std::move(text));
}

std::string GuestStart::timeout_text() const {
  return std::to_string(node_.site.boot_timeout.count() / 1000) + " s";
}

}  // namespace workspace
