#include "guest/modules.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "guest/files.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {

std::vector<std::string> modules_of_group(std::string_view order, std::string_view group) {
  for (const auto& line : split(order, '\n')) {
    std::vector<std::string> words;
    for (auto& word : split(line, ' ')) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    if (!words.empty() && words[0] == group) return {words.begin() + 1, words.end()};
  }
  return {};
}

Modules::Modules(const std::string& folder)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (folder_.valid()) order_ = read_small_file(folder + "/order");
}

void Modules::load(std::string_view group) const {
  for (const auto& name : modules_of_group(order_, group)) {
    const UniqueFd file(::openat(folder_.get(), (name + ".ko").c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) throw_guest_errno("opening the kernel module " + name);
    // EEXIST: it is loaded, by another process (the kernel waits for that one's end) or because the
    // kernel has it built in.
    if (::syscall(SYS_finit_module, file.get(), "", 0) != 0 && errno != EEXIST)
      throw_guest_errno("loading the kernel module " + name);
  }
}

void Modules::load_ahead(std::string_view group) const {
  if (::fork() != 0) return;
  const struct sched_param parameter {};
  ::sched_setscheduler(0, SCHED_IDLE, &parameter);
  try {
    load(group);
  } catch (const Error&) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace workspace::agent
