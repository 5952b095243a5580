#pragma once

#include <functional>
#include <string>

namespace workspace::testing {

/// Runs `body` on a thread with a network namespace and an empty /run/netns of its own, so that a
/// test may make links and namespaces as on a node of its own. Needs root.
void on_private_node(const std::function<void()>& body);

/// The output of a program that must succeed.
std::string output_of(std::initializer_list<std::string> argv);

}  // namespace workspace::testing
