#include "libworkspace/network/in_namespace.h"

#include <sched.h>

#include <exception>
#include <thread>

#include "libworkspace/base/error.h"

namespace workspace {

void in_namespace(int namespace_fd, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (::setns(namespace_fd, CLONE_NEWNET) != 0) throw_errno("entering the job's namespace");
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace workspace
