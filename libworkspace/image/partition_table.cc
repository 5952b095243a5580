#include "libworkspace/image/partition_table.h"

#include <nlohmann/json.hpp>

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxPartitions = 256;
using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "the disk's partition table " + why);
}

std::uint64_t number_of(const Json& from, const char* key, std::uint64_t otherwise) {
  const auto found = from.find(key);
  if (found == from.end()) return otherwise;
  if (!found->is_number_unsigned()) refuse("cannot be read");
  return found->get<std::uint64_t>();
}

}  // namespace

std::vector<Partition> parse_partitions(std::string_view sfdisk_json, std::uint64_t disk_bytes) {
  const auto json = Json::parse(sfdisk_json, nullptr, false);
  if (!json.is_object() || !json.contains("partitiontable")) refuse("cannot be read");
  const Json& table = json["partitiontable"];
  if (!table.is_object()) refuse("cannot be read");
  // Older sfdisks name no sector size; it was 512 then.
  const auto sector_bytes = number_of(table, "sectorsize", 512);
  if (sector_bytes == 0 || sector_bytes > 65536) refuse("has absurd sectors");
  std::vector<Partition> partitions;
  const auto listed = table.find("partitions");
  if (listed == table.end() || !listed->is_array()) return partitions;
  for (const auto& entry : *listed) {
    if (partitions.size() == kMaxPartitions) refuse("has more than 256 partitions");
    if (!entry.is_object()) refuse("cannot be read");
    const auto start = number_of(entry, "start", 0);
    const auto size = number_of(entry, "size", 0);
    const auto sectors = disk_bytes / sector_bytes;
    if (start > sectors || size > sectors - start) {
      refuse("has the partition " + std::to_string(partitions.size() + 1) +
             " outside of the disk; it may be truncated");
    }
    Partition partition;
    partition.number = static_cast<unsigned>(partitions.size() + 1);
    partition.range = {start * sector_bytes, size * sector_bytes};
    const auto type = entry.find("type");
    if (type != entry.end() && type->is_string()) partition.type = type->get<std::string>();
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

}  // namespace workspace
