#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/image/file_range.h"

namespace workspace {

struct Partition {
  unsigned number = 0;  ///< 1 and on, in the table's order
  FileRange range;
  std::string type;  ///< as sfdisk(8) writes it: a GUID, or a number in hex
};

/// The partitions in what `sfdisk --json` wrote about a disk of `disk_bytes`. Errors: kInvalid for
/// no table, or a partition outside of the disk.
std::vector<Partition> parse_partitions(std::string_view sfdisk_json, std::uint64_t disk_bytes);

}  // namespace workspace
