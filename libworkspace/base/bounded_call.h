#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string_view>
#include <thread>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"

namespace workspace {

/// Runs a call into a library that may wait for ever on another program, and gives up at the
/// deadline. The call has a thread of its own, which is then left behind: it must own all it
/// touches (capture by value), and the caller should soon end its process.
/// Errors: kTimeout, naming `what`; whatever the call throws.
template <class Result>
Result bounded_call(std::string_view what, Deadline deadline, std::function<Result()> call) {
  std::packaged_task<Result()> task(std::move(call));
  auto result = task.get_future();
  std::thread thread(std::move(task));
  if (result.wait_for(deadline.left()) != std::future_status::ready) {
    thread.detach();
    throw Error(ErrorKind::kTimeout, std::string(what) + ": no answer in time");
  }
  // Joined, so that what the call owned is gone too when this returns.
  thread.join();
  return result.get();
}

}  // namespace workspace
