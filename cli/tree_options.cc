#include "cli/tree_options.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

constexpr std::array<std::string_view, 4> kCompressions = {"lz4", "zstd", "gzip", "xz"};

}  // namespace

std::string tree_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw_errno("finding this program", error.value());
  return (self.parent_path().parent_path() / "libexec/workspace/workspace-tree").string();
}

void apply_tree_options(const Arguments& arguments, ImportOptions& options) {
  if (const auto size = arguments.value("--max-size"))
    options.limits.max_bytes = parse_size_mib(*size, "--max-size") << 20U;
  const auto name = arguments.value("--compression");
  if (!name) return;
  if (std::find(kCompressions.begin(), kCompressions.end(), *name) == kCompressions.end()) {
    throw Error(ErrorKind::kUsage, "unknown compression '" + printable(*name, 64) +
                                       "'; there are lz4, zstd, gzip and xz");
  }
  options.compression = *name;
}

}  // namespace workspace::cli
