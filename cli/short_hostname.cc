#include "cli/short_hostname.h"

#include <unistd.h>

#include <array>

#include "libworkspace/base/error.h"

namespace workspace::cli {

std::string short_hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("reading the host's name");
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

}  // namespace workspace::cli
