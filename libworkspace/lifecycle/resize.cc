#include "libworkspace/lifecycle/resize.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/log.h"
#include "libworkspace/guest/agent_client.h"
#include "libworkspace/model/size.h"

namespace workspace {
namespace {

/// Below this a guest's kernel has no room for itself.
constexpr std::uint64_t kLeastMemoryMib = 48;
/// A guest that has the memory to spare gives it within this time.
constexpr std::chrono::seconds kBalloonTime(30);
constexpr std::chrono::seconds kAgentTime(30);

std::string counted(std::uint32_t vcpus) {
  return std::to_string(vcpus) + (vcpus == 1 ? " vCPU" : " vCPUs");
}

std::string where(const JobRecord& record) {
  return "job " + record.job.to_string() + " on " + record.hostname;
}

class Resize {
 public:
  Resize(Node& node, JobRecord record, const WantedSize& wanted)
      : node_(node),
        record_(std::move(record)),
        vcpus_(wanted.vcpus != 0 ? wanted.vcpus : record_.vcpus_now()),
        memory_mib_(wanted.memory_mib != 0 ? wanted.memory_mib : record_.memory_now_mib()) {}

  void run() {
    const std::uint64_t now_mib = record_.memory_now_mib();
    agent().resize({vcpus_, now_mib > memory_mib_ ? now_mib - memory_mib_ : 0},
                   Deadline::in(kAgentTime));
    if (memory_mib_ != now_mib) set_memory(now_mib);
    record_.resized_vcpus = vcpus_;
    record_.resized_memory_mib = memory_mib_;
    node_.records.save(record_);
    log_info("resized: " + text());
  }

  [[nodiscard]] std::string text() const {
    return where(record_) + ": " + counted(record_.vcpus_now()) + ", " +
           format_size_mib(record_.memory_now_mib());
  }

 private:
  [[nodiscard]] AgentClient agent() const {
    return AgentClient({namespace_file(record_.job), record_.guest_address, record_.port},
                       {record_.token, record_.job.number(), record_.uid, record_.gid});
  }

  void set_memory(std::uint64_t before_mib) {
    try {
      node_.hypervisor->set_memory(record_.job, memory_mib_, Deadline::in(kBalloonTime));
    } catch (const Error&) {
      undo(before_mib);
      throw;
    }
  }

  /// The guest has again what it had, as far as that can be had.
  void undo(std::uint64_t before_mib) noexcept {
    try {
      node_.hypervisor->set_memory(record_.job, before_mib, Deadline::in(kBalloonTime));
      agent().resize({record_.vcpus_now(), 0}, Deadline::in(kAgentTime));
    } catch (const std::exception& e) {
      log_warning(std::string("the VM is left half resized: ") + e.what());
    }
  }

  Node& node_;
  JobRecord record_;
  std::uint32_t vcpus_;
  std::uint64_t memory_mib_;
};

}  // namespace

void check_resize(const JobRecord& record, const WantedSize& wanted) {
  if (record.state != WorkspaceState::kRunning) {
    throw Error(ErrorKind::kNotFound, "the workspace of " + where(record) + " is " +
                                          std::string(name_of(record.state)) +
                                          "; only one that runs can be resized");
  }
  if (wanted.vcpus > record.vcpus) {
    throw Error(ErrorKind::kExceeded, counted(wanted.vcpus) + " are more than the " +
                                          std::to_string(record.vcpus) + " of " + where(record));
  }
  if (wanted.memory_mib > record.memory_mib) {
    throw Error(ErrorKind::kExceeded, format_size_mib(wanted.memory_mib) +
                                          " of memory are more than the " +
                                          format_size_mib(record.memory_mib) + " of " +
                                          where(record) + " (its VM's own cost is not in them)");
  }
  if (wanted.memory_mib != 0 && wanted.memory_mib < kLeastMemoryMib) {
    throw Error(ErrorKind::kInvalid, format_size_mib(wanted.memory_mib) +
                                         " of memory are too little for a VM; it needs " +
                                         format_size_mib(kLeastMemoryMib));
  }
}

std::string resize_vm(Node& node, JobId job, const WantedSize& wanted) {
  const FileLock lock = node.records.lock(job, Node::step_deadline());
  auto record = node.records.load(job);
  if (!record)
    throw Error(ErrorKind::kNotFound, "job " + job.to_string() + " has no workspace here");
  check_resize(*record, wanted);
  Resize resize(node, *std::move(record), wanted);
  resize.run();
  return resize.text();
}

}  // namespace workspace
