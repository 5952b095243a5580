#pragma once

#include <cstdint>
#include <string>

namespace workspace {

inline constexpr char kQcow2Magic[] = "QFI\xfb";

/// The size of the disk that a qcow2 file holds, in bytes, read from its header
/// (docs/interop/qcow2.txt of QEMU) before any tool opens it. `name` is what errors call the file.
///
/// Errors: kInvalid for a header that is none, and for what would make a tool open another file or
/// need a secret: a backing file, an external data file, encryption; kExceeded for a disk of more
/// than `max_bytes`; kNotFound for a file that ends early; kHost.
std::uint64_t checked_qcow2_size(int fd, std::uint64_t max_bytes, const std::string& name);

}  // namespace workspace
