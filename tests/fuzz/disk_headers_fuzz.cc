#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/oci_layers.h"
#include "libworkspace/image/partition_table.h"
#include "libworkspace/image/qcow2_header.h"
#include "libworkspace/image/sif_header.h"

namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;

/// What a parser accepts must hold what its header promises; all else is an Error.
template <class Parse>
void accept_or_refuse(Parse parse) {
  try {
    if (!parse()) std::abort();
  } catch (const workspace::Error&) {
    return;
  }
}

bool lies_within(const workspace::FileRange& range, std::uint64_t bytes) {
  return range.offset_bytes <= bytes && range.size_bytes <= bytes - range.offset_bytes;
}

bool partitions_lie_within(std::string_view json) {
  for (const auto& partition : workspace::parse_partitions(json, kMaxBytes))
    if (!lies_within(partition.range, kMaxBytes)) return false;
  return true;
}

bool digests_are_hex(std::string_view json) {
  for (const auto& digest : workspace::layer_digests(json)) {
    if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdefABCDEF") != digest.npos)
      return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const workspace::UniqueFd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::pwrite(file.get(), data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  accept_or_refuse(
      [&] { return workspace::checked_qcow2_size(file.get(), kMaxBytes, "disk") <= kMaxBytes; });
  accept_or_refuse(
      [&] { return lies_within(workspace::sif_root_partition(file.get(), size, "image"), size); });
  accept_or_refuse([&] { return partitions_lie_within(text); });
  accept_or_refuse([&] { return digests_are_hex(text); });
  return 0;
}
