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
/// CPU time, so that a busy machine does not count: an emulated kernel takes some three seconds of
/// it to its agent, a virtualised one a tenth of that.
constexpr std::uint64_t kStallCpuMs = 20'000;
constexpr std::size_t kConsoleTailBytes = 1024;
/// Of a boot log: what the hypervisor keeps of it at the most.
constexpr std::size_t kConsoleCopyBytes = 65536;

}  // namespace

GuestStart::GuestStart(Node& node, JobRecord& record, AgentClient agent, BootMode boot,
                       Deadline deadline)
    : node_(node),
      record_(record),
      agent_(std::move(agent)),
      boot_(boot),
      deadline_(deadline),
      half_time_(Deadline::in(deadline.left() / 2)) {}

bool GuestStart::await_agent(OnStall on_stall) {
  const auto ready = ask("did not answer within " + timeout_text(), on_stall);
  if (!ready) return false;
  if (ready->vcpus != record_.vcpus) {
    throw Error(ErrorKind::kHost, "the VM has " + std::to_string(ready->vcpus) +
                                      " vCPUs, not the " + std::to_string(record_.vcpus) +
                                      " that were allocated");
  }
  if (boot_ == BootMode::kAgent) keep_console();
  return true;
}

void GuestStart::await_system() {
  if (boot_ == BootMode::kAgent) return;
  const std::string late = "has an init that did not get its system up within " + timeout_text();
  auto ready = ask(late, OnStall::kWait);
  while (ready->system == Readiness::kSystemStarting) {
    if (deadline_.passed()) refuse(late);
    std::this_thread::sleep_for(kAskAgain);
    ready = ask(late, OnStall::kWait);
  }
  keep_console();
  if (ready->system == "running") return;
  record_.notice = "the image's system is " + ready->system;
  log_warning(record_.notice);
}

/// Asks until it answers, or has stalled.
std::optional<Readiness> GuestStart::ask(const std::string& late, OnStall on_stall) {
  for (;;) {
    try {
      return agent_.probe(deadline_.no_later_than(kLivenessInterval));
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kGuest) throw;
      if (!node_.hypervisor->is_running(record_.job, Node::step_deadline()))
        refuse("ended while it booted");
      if (deadline_.passed()) refuse(late);
    }
    if (on_stall == OnStall::kReturn && has_stalled()) return std::nullopt;
  }
}

/// On QEMU alone: a Xen guest needs not measure its timers.
bool GuestStart::has_stalled() {
  if (node_.hypervisor->kind() != HypervisorKind::kQemu) return false;
  const VmUsage usage = node_.hypervisor->usage(record_.job, Node::step_deadline());
  if (usage.disk_read_bytes != 0U) return false;
  return usage.cpu_time_ms > kStallCpuMs || half_time_.passed();
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
