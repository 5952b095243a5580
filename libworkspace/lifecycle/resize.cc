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
/// As long as one of the job's may take, and its undoing.
constexpr std::chrono::seconds kOtherResize(120);

std::string counted(std::uint32_t vcpus) {
  return std::to_string(vcpus) + (vcpus == 1 ? " vCPU" : " vCPUs");
}

std::string where(const JobRecord& record) {
  return "job " + record.job.to_string() + " on " + record.hostname;
}

/// `it` is `3 vCPUs are` or the like.
void check_most(const std::string& it, std::uint64_t wanted, const std::string& all,
                std::uint64_t of_job, const std::string& left, std::uint64_t left_to_owner,
                const JobRecord& record) {
  if (wanted > of_job)
    throw Error(ErrorKind::kExceeded, it + " more than the " + all + " of " + where(record));
  if (left_to_owner != 0 && wanted > left_to_owner) {
    throw Error(ErrorKind::kExceeded,
                it + " more than the " + left + " that an administrator has left " + where(record));
  }
}

class Resize {
 public:
  Resize(Node& node, JobRecord record, const WantedSize& wanted)
      : node_(node),
        record_(std::move(record)),
        vcpus_(wanted.vcpus != 0 ? wanted.vcpus : record_.vcpus_now()),
        memory_mib_(wanted.memory_mib != 0 ? wanted.memory_mib : record_.memory_now_mib()) {}

  void run() {
    try {
      change();
    } catch (const Error& e) {
      const std::string trouble = undo();
      if (trouble.empty()) throw;
      throw Error(e.kind(), e.text() + "; and it may not have what it had: " + trouble);
    }
    record_.resized.vcpus = vcpus_;
    record_.resized.memory_mib = memory_mib_;
  }

  /// What is known of the VM's size from now on.
  [[nodiscard]] ResizedVm& result() { return record_.resized; }

  [[nodiscard]] std::string text() const {
    return where(record_) + ": " + counted(record_.vcpus_now()) + ", " +
           format_size_mib(record_.memory_now_mib());
  }

 private:
  /// The tasks' bound is never above the memory that there is.
  void change() {
    const std::uint64_t now_mib = record_.memory_now_mib();
    tell_guest(vcpus_, std::min(memory_mib_, now_mib), now_mib);
    if (memory_mib_ != now_mib) set_memory(memory_mib_);
    if (memory_mib_ > now_mib) tell_guest(vcpus_, memory_mib_, memory_mib_);
  }

  void tell_guest(std::uint32_t vcpus, std::uint64_t memory_mib, std::uint64_t from_mib) const {
    const AgentClient agent({namespace_file(record_.job), record_.guest_address, record_.port},
                            {record_.token, record_.job.number(), record_.uid, record_.gid});
    agent.resize({vcpus, from_mib - memory_mib, record_.memory_mib - memory_mib},
                 Deadline::in(kAgentTime));
  }

  void set_memory(std::uint64_t memory_mib) {
    node_.hypervisor->set_memory(record_.job, memory_mib, Deadline::in(kBalloonTime));
  }

  /// The guest has again what it had, as far as that can be had; what kept it from that otherwise.
  [[nodiscard]] std::string undo() {
    try {
      const std::uint64_t before_mib = record_.memory_now_mib();
      if (memory_mib_ != before_mib) set_memory(before_mib);
      tell_guest(record_.vcpus_now(), before_mib, before_mib);
      return "";
    } catch (const Error& e) {
      return e.text();
    }
  }

  Node& node_;
  JobRecord record_;
  std::uint32_t vcpus_;
  std::uint64_t memory_mib_;
};

JobRecord load_record(const Node& node, JobId job) {
  auto record = node.records.load(job);
  if (!record)
    throw Error(ErrorKind::kNotFound, "job " + job.to_string() + " has no workspace here");
  return *std::move(record);
}

/// A job that was requeued meanwhile has another VM.
void check_same_vm(const Node& node, JobId job, const std::string& token) {
  if (load_record(node, job).token != token)
    throw Error(ErrorKind::kNotFound, "the VM of job " + job.to_string() + " has ended");
}

/// An administrator's word holds until the next one.
void leave_to_owner(ResizedVm& resized, const WantedSize& wanted) {
  if (wanted.vcpus != 0) resized.most_vcpus = wanted.vcpus;
  if (wanted.memory_mib != 0) resized.most_memory_mib = wanted.memory_mib;
}

}  // namespace

void check_resize(const JobRecord& record, const WantedSize& wanted, ResizedBy by) {
  if (record.state != WorkspaceState::kRunning) {
    throw Error(ErrorKind::kNotFound, "the workspace of " + where(record) + " is " +
                                          std::string(name_of(record.state)) +
                                          "; only one that runs can be resized");
  }
  const ResizedVm left = by == ResizedBy::kOwner ? record.resized : ResizedVm();
  check_most(counted(wanted.vcpus) + " are", wanted.vcpus, std::to_string(record.vcpus),
             record.vcpus, std::to_string(left.most_vcpus), left.most_vcpus, record);
  check_most(format_size_mib(wanted.memory_mib) + " of memory are", wanted.memory_mib,
             format_size_mib(record.memory_mib), record.memory_mib,
             format_size_mib(left.most_memory_mib), left.most_memory_mib, record);
  if (wanted.memory_mib == 0) return;
  if (wanted.memory_mib < kLeastMemoryMib) {
    throw Error(ErrorKind::kInvalid, format_size_mib(wanted.memory_mib) +
                                         " of memory are too little for a VM; it needs " +
                                         format_size_mib(kLeastMemoryMib));
  }
  if (record.memory_pinned) {
    throw Error(ErrorKind::kInvalid, "the memory of " + where(record) +
                                         " cannot be resized: its VM has devices of the machine, "
                                         "which may write to any of it");
  }
}

std::string resize_vm(Node& node, JobId job, const WantedSize& wanted, ResizedBy by) {
  check_resize(load_record(node, job), wanted, by);
  const FileLock one_at_a_time(node.records.file(job, "resize.lock"), Deadline::in(kOtherResize));
  // Whoever held it has changed what there is.
  JobRecord record = load_record(node, job);
  check_resize(record, wanted, by);
  const std::string token = record.token;
  Resize resize(node, std::move(record), wanted);
  resize.run();
  if (by == ResizedBy::kAdministrator) leave_to_owner(resize.result(), wanted);
  check_same_vm(node, job, token);
  node.records.save_resized(job, resize.result());
  log_info("resized: " + resize.text());
  return resize.text();
}

}  // namespace workspace
