/// `driver-jobs FOLDER FIRST COUNT ALIVE`: COUNT jobs from the number FIRST on, ALIVE of them at
/// once, against libvirt's test driver. Several such processes share a node, as prologs and epilogs
/// do. Of ten jobs one is cancelled while its prolog is at work, after one step more each time; one
/// is requeued, so that it comes again under its own number.
///
/// `driver-jobs FOLDER` makes the image that they boot, once for all of them.
///
/// Prints `memory JOBS KIB` now and then, the process's own (RssAnon, proc_pid_status(5)), and in
/// the end what it has done and what it still has open.

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iterator>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "tests/support/job_life.h"

namespace workspace::soak {
namespace {

constexpr std::uint32_t kJobsPerSample = 25;
constexpr std::uint32_t kJobsPerCancel = 10;

std::uint64_t own_memory_kib() {
  constexpr std::string_view kName = "\nRssAnon:";
  const std::string text = read_file("/proc/self/status", 65536);
  const auto line = text.find(kName);
  if (line == std::string::npos) throw Error(ErrorKind::kHost, "/proc/self/status has no RssAnon");
  return std::strtoull(text.c_str() + line + kName.size(), nullptr, 10);
}

long open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

std::uint32_t number_of(const char* text) {
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

using testing::JobLife;
using testing::make_image;
using testing::open_test_node;

class Soak {
 public:
  Soak(const std::string& folder, std::size_t alive)
      : node_(open_test_node(folder)), alive_(alive) {}

  void run(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      run_one(JobId(first + i), i);
      if (i % kJobsPerSample == 0) sample(i);
    }
    while (!running_.empty()) end_oldest();
    sample(count);
    std::printf("done %u cancelled %u requeued %u domains %zu files %ld\n", ended_, cancelled_,
                requeued_, node_.hypervisor->list(Node::step_deadline()).size(), open_files());
  }

 private:
  void run_one(JobId job, std::uint32_t i) {
    if (i % kJobsPerCancel == 3) {
      JobLife(node_, job).begin(cancelled_ % JobLife::kSteps);
      ++cancelled_;
      end(job);
      return;
    }
    JobLife(node_, job).begin();
    if (i % kJobsPerCancel == 7) {
      JobLife(node_, job).end();
      JobLife(node_, job).begin();
      ++requeued_;
    }
    running_.push_back(job);
    if (running_.size() > alive_) end_oldest();
  }

  void end_oldest() {
    end(running_.front());
    running_.pop_front();
  }

  void end(JobId job) {
    JobLife(node_, job).end();
    ++ended_;
  }

  static void sample(std::uint32_t jobs) {
    std::printf("memory %u %llu\n", jobs, static_cast<unsigned long long>(own_memory_kib()));
    std::fflush(stdout);
  }

  Node node_;
  std::size_t alive_;
  std::deque<JobId> running_;
  std::uint32_t ended_ = 0;
  std::uint32_t cancelled_ = 0;
  std::uint32_t requeued_ = 0;
};

int soak(int argc, char** argv) {
  if (argc == 2) {
    make_image(argv[1]);
    return 0;
  }
  if (argc != 5) throw Error(ErrorKind::kUsage, "usage: driver-jobs FOLDER FIRST COUNT ALIVE");
  Soak(argv[1], number_of(argv[4])).run(number_of(argv[2]), number_of(argv[3]));
  return 0;
}

}  // namespace
}  // namespace workspace::soak

int main(int argc, char** argv) {
  return workspace::main_guard("driver-jobs", workspace::soak::soak, argc, argv);
}
