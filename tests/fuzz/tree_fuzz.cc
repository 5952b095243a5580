#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/tree_listing.h"
#include "libworkspace/image/tree_work.h"

namespace {

using workspace::TreeTask;
using workspace::UniqueFd;

/// The smallest ext2 has as much; its files lie in the first few KiB.
constexpr off_t kLeastExtBytes = 65536;

UniqueFd file_of(std::string_view bytes, off_t least_bytes) {
  UniqueFd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::pwrite(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  if (static_cast<off_t>(bytes.size()) < least_bytes && ::ftruncate(file.get(), least_bytes) != 0)
    std::abort();
  return file;
}

/// What workspace-tree does with the bytes, whatever they are: an Error, or a tree that is written
/// out and read in again as the same listing format.
void work(std::string_view bytes, TreeTask::Source source, TreeTask::Action action, bool as_layer) {
  const bool archive = source == TreeTask::Source::kArchive;
  const UniqueFd input = file_of(bytes, archive ? 0 : kLeastExtBytes);
  const UniqueFd layer = file_of(bytes, 0);
  const UniqueFd spool = file_of("", 0);
  const UniqueFd output = file_of("", 0);
  TreeTask task;
  task.source = source;
  task.action = action;
  task.input_fd = input.get();
  task.spool_fd = spool.get();
  task.name = "fuzz";
  task.limits.max_bytes = 1U << 20U;
  task.limits.max_entries = 1000;
  if (as_layer) task.layer_fds = {layer.get()};
  try {
    (void)workspace::do_tree_task(task, output.get());
  } catch (const workspace::Error&) {
    return;
  }
  if (action != TreeTask::Action::kList) return;
  struct stat info {};
  if (::fstat(output.get(), &info) != 0) std::abort();
  std::string lines(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(output.get(), lines.data(), lines.size(), 0) != info.st_size) std::abort();
  (void)workspace::parse_listing(lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  work(bytes, TreeTask::Source::kArchive, TreeTask::Action::kTar, false);
  work(bytes, TreeTask::Source::kArchive, TreeTask::Action::kList, true);
  work(bytes, TreeTask::Source::kExt, TreeTask::Action::kList, false);
  work(bytes, TreeTask::Source::kUpper, TreeTask::Action::kTar, false);
  return 0;
}
