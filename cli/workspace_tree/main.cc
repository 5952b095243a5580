/// workspace-tree: reads file trees that come from elsewhere, as a process that has neither rights
/// nor names but the descriptors it is given. `workspace image` starts it; see image/tree_task.h.

#include <unistd.h>

#include <clocale>
#include <string>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/image/tree_work.h"

namespace {

using namespace workspace;

int run(int argc, char** argv) {
  if (argc != 2) throw Error(ErrorKind::kUsage, "this program is for `workspace image` alone");
  // libarchive translates names by the locale's alphabet.
  std::setlocale(LC_CTYPE, "");
  const TreeSummary summary = do_tree_task(TreeTask::parse(argv[1]), STDOUT_FILENO);
  write_all(STDERR_FILENO, summary.to_line() + "\n", "writing the summary");
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return main_guard("workspace-tree", &run, argc, argv); }
