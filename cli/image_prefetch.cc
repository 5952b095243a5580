#include "cli/image_prefetch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "build_paths.h"
#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/output.h"
#include "cli/short_hostname.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/lifecycle/cached_features.h"
#include "libworkspace/store/cache.h"

namespace workspace::cli {
namespace {

/// A prefetch may wait for another one of the same image over a slow network.
constexpr std::chrono::hours kPrefetchTimeout{6};
constexpr std::chrono::seconds kControllerTime(20);

bool is_host_list(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_.,[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// Becomes the srun. Returns only by an error.
[[noreturn]] void become(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  throw_errno("starting srun");
}

/// Runs the srun with its output on stderr, where progress goes. Returns its exit status.
int run_beside(const std::vector<std::string>& words) {
  const pid_t child = ::fork();
  if (child < 0) throw_errno("starting srun");
  if (child == 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    become(words);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw_errno("waiting for srun");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int prefetch_elsewhere(const Arguments& arguments, const std::string& nodes, const ImageRef& ref,
                       const RegisteredImage& image) {
  const auto words = prefetch_command(nodes, ref);
  if (!arguments.has("--json")) become(words);
  const int status = run_beside(words);
  if (status != 0) return status;
  return tell_deed(arguments, "image prefetch", "", [&](Json& json) {
    json.field("image", title_of(image))
        .field("digest", image.digest.to_string())
        .field("nodes", nodes);
  });
}

}  // namespace

std::vector<std::string> prefetch_command(const std::string& nodes, const ImageRef& image) {
  if (!is_host_list(nodes)) {
    throw Error(ErrorKind::kUsage,
                "--nodes: '" + printable(nodes, 64) + "' is no list of nodes, such as node[1-8]");
  }
  const std::string title = image.name.text() + (image.version.empty() ? "" : ":" + image.version);
  return {"srun",
          "--quiet",
          "--label",
          "--job-name=prefetch",
          "--workspace=none",
          "--nodelist=" + nodes,
          "--ntasks-per-node=1",
          "--kill-on-bad-exit=0",
          "--chdir=/",
          "--export=NONE",
          "--",
          std::string(build_paths::kBinDir) + "/workspace",
          "image",
          "prefetch",
          title};
}

int run_image_prefetch(const Arguments& arguments) {
  const auto ref = ImageRef::parse(*arguments.word(0));
  const SiteConfig config = site_config(arguments);
  const Catalog catalog(config.store);
  const RegisteredImage image = catalog.resolve(ref);
  if (const auto nodes = arguments.value("--nodes"))
    return prefetch_elsewhere(arguments, *nodes, ref, image);
  for (const auto& file : files_of(image.manifest)) {
    NodeCache(config.cache)
        .ensure(*file.digest, file.size_bytes, catalog.file_path(*file.digest),
                Deadline::in(kPrefetchTimeout));
  }
  try_to_show_cached_images(config, short_hostname(), Deadline::in(kControllerTime));
  return tell_deed(arguments, "image prefetch", title_of(image) + " is in this node's cache\n",
                   [&](Json& json) {
                     json.field("image", title_of(image))
                         .field("digest", image.digest.to_string())
                         .field("nodes", short_hostname());
                   });
}

}  // namespace workspace::cli
