#pragma once

#include <set>
#include <string>

namespace workspace::testing {

/// What is wrong with a call.
enum class LibvirtFault {
  kFails,       ///< it does nothing and returns its error value
  kHangs,       ///< it does not return
  kOnlyClaims,  ///< it does nothing and returns success, if it returns a number
};

/// The message that libvirt has for a call that kFails.
inline constexpr char kFaultMessage[] = "invalid connection pointer in virConnectGetVersion";

/// libvirt, whose calls this program makes through here: while such an object lives they may be
/// told to fail, and which are made is noted. One at a time.
class FaultyLibvirt {
 public:
  FaultyLibvirt();
  /// Waits until the calls that hang have failed after all.
  ~FaultyLibvirt();
  FaultyLibvirt(const FaultyLibvirt&) = delete;
  FaultyLibvirt& operator=(const FaultyLibvirt&) = delete;

  /// From now on the call of this name is wrong, in place of all that was.
  static void set(const std::string& call, LibvirtFault fault);
  /// All calls are right again.
  static void heal();
  /// The names of the calls that were made since the last time.
  static std::set<std::string> take_calls();
};

}  // namespace workspace::testing
