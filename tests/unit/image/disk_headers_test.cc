#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "libworkspace/base/fd.h"
#include "libworkspace/image/partition_table.h"
#include "libworkspace/image/qcow2_header.h"
#include "libworkspace/image/sif_header.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

std::string big_endian(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = size; i-- > 0;) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

/// A file with what a test puts over the bytes of a good one.
class PatchedFile {
 public:
  explicit PatchedFile(std::string bytes) : bytes_(std::move(bytes)) {}

  PatchedFile& put(std::size_t offset, const std::string& patch) {
    bytes_.replace(offset, patch.size(), patch);
    return *this;
  }
  PatchedFile& cut(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }
  UniqueFd open() {
    return UniqueFd(::open(folder_.write("file", bytes_).c_str(), O_RDONLY | O_CLOEXEC));
  }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
  TemporaryFolder folder_;
};

std::string qcow2() {
  std::string bytes(512, '\0');
  bytes.replace(0, 8, std::string("QFI\xfb") + big_endian(3, 4));
  bytes.replace(24, 8, big_endian(kGib, 8));
  bytes.replace(100, 4, big_endian(104, 4));
  return bytes;
}

TEST(Qcow2Header, TellsTheDisksSize) {
  EXPECT_EQ(checked_qcow2_size(PatchedFile(qcow2()).open().get(), kGib, "d"), kGib);
  EXPECT_EQ(
      checked_qcow2_size(PatchedFile(qcow2()).put(4, big_endian(2, 4)).open().get(), kGib, "d"),
      kGib);
}

TEST(Qcow2Header, RefusesWhatLeadsElsewhere) {
  struct Case {
    std::size_t offset;
    std::string bytes;
    ErrorKind kind;
    const char* message;
  };
  for (const auto& [offset, bytes, kind, message] : {
           Case{0, "QFI", ErrorKind::kNotFound, ""},
           Case{0, "QED\0", ErrorKind::kInvalid, "d has no qcow2 header"},
           Case{4, big_endian(1, 4), ErrorKind::kInvalid,
                "d is qcow of another version than 2 and 3"},
           Case{8, big_endian(512, 8), ErrorKind::kInvalid,
                "d has a backing file, which an import does not follow; flatten it with qemu-img "
                "convert where you trust it"},
           Case{32, big_endian(2, 4), ErrorKind::kInvalid, "d is encrypted"},
           Case{72, big_endian(4, 8), ErrorKind::kInvalid,
                "d keeps its data in another file, which an import does not follow"},
           Case{72, big_endian(2, 8), ErrorKind::kInvalid,
                "d is marked as corrupt; repair it with qemu-img check"},
           Case{72, big_endian(1U << 5U, 8), ErrorKind::kInvalid,
                "d has features that are not known here"},
           Case{100, big_endian(8, 4), ErrorKind::kInvalid, "d has no qcow2 header"},
           Case{104, big_endian(0x44415441, 4) + big_endian(4, 4) + "/etc", ErrorKind::kInvalid,
                "d keeps its data in another file, which an import does not follow"},
           Case{24, big_endian(kGib + 1, 8), ErrorKind::kExceeded,
                "d is a disk of 1024 MiB; --max-size permits 1024 MiB"},
           Case{24, big_endian(UINT64_MAX, 8), ErrorKind::kExceeded,
                "d is a disk of 17592186044415 MiB; --max-size permits 1024 MiB"},
       }) {
    PatchedFile file(qcow2());
    file.put(offset, bytes);
    if (kind == ErrorKind::kNotFound) file.cut(90);
    expect_error([&] { checked_qcow2_size(file.open().get(), kGib, "d"); }, kind,
                 kind == ErrorKind::kNotFound ? "d ends early: it is truncated" : message);
  }
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

constexpr std::size_t kTable = 4096;
constexpr std::size_t kSecond = kTable + 585;

std::string sif() {
  std::string bytes(16384, '\0');
  bytes.replace(32, 10, std::string("SIF_MAGIC\0", 10));
  bytes.replace(88, 8, little_endian<std::uint64_t>(3));
  bytes.replace(96, 8, little_endian<std::uint64_t>(kTable));
  bytes.replace(kTable, 5, little_endian<std::uint32_t>(0x4001) + "\1");
  bytes.replace(kSecond, 5, little_endian<std::uint32_t>(0x4004) + "\1");
  bytes.replace(kSecond + 17, 16,
                little_endian<std::uint64_t>(8192) + little_endian<std::uint64_t>(4096));
  bytes.replace(kSecond + 201, 8,
                little_endian<std::uint32_t>(1) + little_endian<std::uint32_t>(2));
  return bytes;
}

TEST(SifHeader, TellsWhereTheRootIs) {
  PatchedFile file(sif());
  const FileRange range = sif_root_partition(file.open().get(), file.size(), "i.sif");
  EXPECT_EQ(range.offset_bytes, 8192U);
  EXPECT_EQ(range.size_bytes, 4096U);
}

TEST(SifHeader, IsBounded) {
  struct Case {
    std::size_t offset;
    std::string bytes;
    const char* message;
  };
  const auto number = [](std::uint64_t value) { return little_endian(value); };
  const auto word = [](std::uint32_t value) { return little_endian(value); };
  for (const auto& [offset, bytes, message] : {
           Case{32, "X", "it has no SIF header"},
           Case{88, number(1025), "its table has more than 1024 descriptors"},
           Case{88, number(UINT64_MAX), "its table has more than 1024 descriptors"},
           Case{96, number(0), "its table lies outside of it"},
           Case{96, number(UINT64_MAX), "its table lies outside of it"},
           Case{kSecond + 17, number(UINT64_MAX),
                "its system partition lies outside of it; it may be truncated"},
           Case{kSecond + 25, number(UINT64_MAX - 100),
                "its system partition lies outside of it; it may be truncated"},
           Case{kSecond + 201, word(5), "its system partition is encrypted"},
           Case{kSecond + 201, word(2), "its system partition is no squashfs"},
           Case{kSecond + 205, word(3), "it has no primary system partition"},
           Case{kSecond + 4, std::string(1, '\0'), "it has no primary system partition"},
           Case{kTable, sif().substr(kSecond, 585), "it has two primary system partitions"},
       }) {
    PatchedFile file(sif());
    file.put(offset, bytes);
    expect_error([&] { sif_root_partition(file.open().get(), file.size(), "i.sif"); },
                 ErrorKind::kInvalid, "i.sif cannot be read as SIF: " + std::string(message));
  }
  for (const std::size_t size : {0U, 100U, 4200U}) {
    PatchedFile file(sif());
    file.cut(size);
    expect_error([&] { sif_root_partition(file.open().get(), 16384, "i.sif"); },
                 ErrorKind::kNotFound, "i.sif ends early: it is truncated");
  }
}

TEST(PartitionTable, ReadsWhatSfdiskWrites) {
  const auto partitions = parse_partitions(R"({"partitiontable": {"label":"gpt","sectorsize":512,
      "partitions": [{"node":"x1","start":2048,"size":8,"type":"83"},{"start":4096,"size":16}]}})",
                                           1 << 22);
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(partitions[0].range.offset_bytes, 2048U * 512);
  EXPECT_EQ(partitions[0].type, "83");
  EXPECT_EQ(partitions[1].number, 2U);
  EXPECT_EQ(partitions[1].range.size_bytes, 16U * 512);
  EXPECT_TRUE(parse_partitions(R"({"partitiontable": {}})", 1).empty());
}

TEST(PartitionTable, RefusesWhatCannotBe) {
  const auto table = [](const std::string& body) {
    return R"({"partitiontable": {)" + body + "}}";
  };
  for (const auto& [json, message] : {
           std::pair{std::string("{"), "cannot be read"},
           std::pair{std::string(R"({"partitiontable": []})"), "cannot be read"},
           std::pair{table(R"("sectorsize": 0)"), "has absurd sectors"},
           std::pair{table(R"("partitions": [1])"), "cannot be read"},
           std::pair{table(R"("partitions": [{"start": -1}])"), "cannot be read"},
           std::pair{table(R"("partitions": [{"start": 18446744073709551615, "size": 2}])"),
                     "has the partition 1 outside of the disk; it may be truncated"},
           std::pair{table(R"("partitions": [{"start": 1, "size": 2048}])"),
                     "has the partition 1 outside of the disk; it may be truncated"},
       }) {
    expect_error([&] { parse_partitions(json, 1 << 20); }, ErrorKind::kInvalid,
                 "the disk's partition table " + std::string(message));
  }
}

}  // namespace
}  // namespace workspace
