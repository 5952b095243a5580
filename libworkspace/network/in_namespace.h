#pragma once

#include <functional>

namespace workspace {

/// Runs `work` on a thread of its own that has entered the network namespace, and waits for it. A
/// thread that changes its namespace and ends leaves nothing of it in the process.
/// Errors: kHost when the namespace cannot be entered; whatever `work` throws.
void in_namespace(int namespace_fd, const std::function<void()>& work);

}  // namespace workspace
