#pragma once

#include <cstddef>
#include <string>

namespace workspace {

/// `bytes` random bytes of the kernel's generator, fit for a secret, as lower-case hexadecimal.
/// Errors: kHost.
std::string random_hex(std::size_t bytes);

}  // namespace workspace
