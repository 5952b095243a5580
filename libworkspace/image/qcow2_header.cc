#include "libworkspace/image/qcow2_header.h"

#include "libworkspace/base/error.h"
#include "libworkspace/image/file_range.h"

namespace workspace {
namespace {

// Offsets of docs/interop/qcow2.txt; all numbers are big-endian.
constexpr std::size_t kHeaderBytes = 104;
constexpr std::size_t kVersion2Bytes = 72;
constexpr std::size_t kVersionOffset = 4;
constexpr std::size_t kBackingNameOffset = 8;
constexpr std::size_t kDiskSizeOffset = 24;
constexpr std::size_t kEncryptionOffset = 32;
constexpr std::size_t kIncompatibleOffset = 72;
constexpr std::size_t kHeaderLengthOffset = 100;

// Bits of what a reader must know: 0 dirty, 1 corrupt, 2 external data file, 3 compression type,
// 4 extended L2 entries.
constexpr std::uint64_t kCorrupt = 1U << 1U;
constexpr std::uint64_t kExternalData = 1U << 2U;
constexpr std::uint64_t kKnown = 0x1f;
/// The header extension that names the external data file. Some readers would follow it alone.
constexpr std::uint32_t kDataFileExtension = 0x44415441;
constexpr std::size_t kMaxExtensions = 64;
constexpr std::size_t kMaxHeaderBytes = 65536;

std::uint64_t number_at(const std::string& bytes, std::size_t offset, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i)
    number = number << 8U | static_cast<std::uint8_t>(bytes[offset + i]);
  return number;
}

bool names_data_file(const std::string& header, std::uint64_t at) {
  for (std::size_t i = 0; i < kMaxExtensions && at + 8 <= header.size(); ++i) {
    const auto type = number_at(header, at, 4);
    if (type == 0) return false;
    if (type == kDataFileExtension) return true;
    at += 8 + ((number_at(header, at + 4, 4) + 7) & ~std::uint64_t{7});
  }
  return false;
}

}  // namespace

std::uint64_t checked_qcow2_size(int fd, std::uint64_t max_bytes, const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kInvalid, name + " " + why);
  };
  const std::string header = read_at(fd, 0, kMaxHeaderBytes, name);
  if (header.size() < kHeaderBytes)
    throw Error(ErrorKind::kNotFound, name + " ends early: it is truncated");
  if (header.compare(0, 4, kQcow2Magic, 4) != 0) refuse("has no qcow2 header");
  const auto version = number_at(header, kVersionOffset, 4);
  if (version != 2 && version != 3) refuse("is qcow of another version than 2 and 3");
  if (number_at(header, kBackingNameOffset, 8) != 0) {
    refuse(
        "has a backing file, which an import does not follow; flatten it with qemu-img convert "
        "where you trust it");
  }
  if (number_at(header, kEncryptionOffset, 4) != 0) refuse("is encrypted");
  std::uint64_t extensions = kVersion2Bytes;
  if (version == 3) {
    const auto incompatible = number_at(header, kIncompatibleOffset, 8);
    if ((incompatible & kExternalData) != 0)
      refuse("keeps its data in another file, which an import does not follow");
    if ((incompatible & kCorrupt) != 0)
      refuse("is marked as corrupt; repair it with qemu-img check");
    if ((incompatible & ~kKnown) != 0) refuse("has features that are not known here");
    extensions = number_at(header, kHeaderLengthOffset, 4);
    if (extensions < kHeaderBytes) refuse("has no qcow2 header");
  }
  if (names_data_file(header, extensions))
    refuse("keeps its data in another file, which an import does not follow");
  const auto size = number_at(header, kDiskSizeOffset, 8);
  if (size > max_bytes) {
    throw Error(ErrorKind::kExceeded, name + " is a disk of " + std::to_string(size >> 20) +
                                          " MiB; --max-size permits " +
                                          std::to_string(max_bytes >> 20) + " MiB");
  }
  return size;
}

}  // namespace workspace
