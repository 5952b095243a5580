#include "libworkspace/image/sif_header.h"

#include <cstring>
#include <optional>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

// All numbers are little-endian, packed, as Go's encoding/binary writes the structures of sif.go.
constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kDescriptorsTotalOffset = 88;
constexpr std::size_t kDescriptorsOffset = 96;
constexpr std::size_t kDescriptorBytes = 585;
constexpr std::size_t kUsedOffset = 4;
constexpr std::size_t kFileOffsetOffset = 17;
constexpr std::size_t kFileLengthOffset = 25;
constexpr std::size_t kFileSystemOffset = 201;
constexpr std::size_t kPartitionKindOffset = 205;

constexpr std::uint32_t kPartition = 0x4004;
constexpr std::uint32_t kPrimarySystem = 2;
constexpr std::uint32_t kSquashfs = 1;
constexpr std::uint32_t kEncryptedSquashfs = 5;
/// The default table has 48.
constexpr std::uint64_t kMaxDescriptors = 1024;

template <class Number>
Number number_at(const std::string& bytes, std::size_t offset) {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

}  // namespace

FileRange sif_root_partition(int fd, std::uint64_t file_bytes, const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kInvalid, name + " cannot be read as SIF: " + why);
  };
  const auto read_whole = [&](std::uint64_t offset, std::size_t size) {
    std::string bytes = read_at(fd, offset, size, name);
    if (bytes.size() < size)
      throw Error(ErrorKind::kNotFound, name + " ends early: it is truncated");
    return bytes;
  };
  const std::string header = read_whole(0, kHeaderBytes);
  if (header.compare(kSifMagicOffset, sizeof kSifMagic, kSifMagic, sizeof kSifMagic) != 0)
    refuse("it has no SIF header");
  const auto total = number_at<std::uint64_t>(header, kDescriptorsTotalOffset);
  const auto table = number_at<std::uint64_t>(header, kDescriptorsOffset);
  if (total > kMaxDescriptors) refuse("its table has more than 1024 descriptors");
  if (table < kHeaderBytes || table > file_bytes) refuse("its table lies outside of it");
  const std::string descriptors = read_whole(table, total * kDescriptorBytes);

  std::optional<FileRange> found;
  for (std::size_t at = 0; at < descriptors.size(); at += kDescriptorBytes) {
    if (number_at<std::uint32_t>(descriptors, at) != kPartition ||
        descriptors[at + kUsedOffset] == 0 ||
        number_at<std::uint32_t>(descriptors, at + kPartitionKindOffset) != kPrimarySystem)
      continue;
    if (found) refuse("it has two primary system partitions");
    const auto file_system = number_at<std::uint32_t>(descriptors, at + kFileSystemOffset);
    if (file_system == kEncryptedSquashfs) refuse("its system partition is encrypted");
    if (file_system != kSquashfs) refuse("its system partition is no squashfs");
    found = FileRange{number_at<std::uint64_t>(descriptors, at + kFileOffsetOffset),
                      number_at<std::uint64_t>(descriptors, at + kFileLengthOffset)};
    if (found->offset_bytes > file_bytes || found->size_bytes > file_bytes - found->offset_bytes)
      refuse("its system partition lies outside of it; it may be truncated");
  }
  if (!found) refuse("it has no primary system partition");
  return *found;
}

}  // namespace workspace
