#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"

namespace workspace::fuzz {

/// Reads and writes a text: what it reads to must be written to a text that reads to the same.
template <class Read, class Write>
void read_back(std::string_view text, Read read, Write write) {
  std::string written;
  try {
    written = write(read(text));
  } catch (const Error&) {
    return;
  }
  if (write(read(written)) != written) std::abort();
}

}  // namespace workspace::fuzz
