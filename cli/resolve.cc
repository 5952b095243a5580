#include "cli/resolve.h"

#include <cstdio>

#include "cli/output.h"
#include "cli/requester.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/random.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/image_selection.h"
#include "libworkspace/lifecycle/saving.h"
#include "libworkspace/lifecycle/sizing.h"
#include "libworkspace/model/size.h"
#include "libworkspace/model/variable_names.h"
#include "libworkspace/slurm/slurm_settings.h"

namespace workspace::cli {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::chrono::seconds kControllerTime(5);
/// What the secret and the preferred feature add comes later.
constexpr std::size_t kMostBytesWithAccess = WorkspaceRequest::kMaxLineBytes - 256;

std::vector<MountSpec> checked_mounts(const std::optional<std::string>& text) {
  auto mounts = parse_mounts(text.value_or(""));
  for (const auto& mount : mounts) check_mount(mount);
  return mounts;
}

/// Slurm refuses a job that prefers what its nodes cannot give, such as a feature that none of them
/// has, unless it is told otherwise. A controller that does not answer refuses the job by itself.
bool may_prefer() {
  try {
    return read_slurm_settings(Deadline::in(kControllerTime)).lets_preferences_fail;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

WorkspaceRequest resolve_request(const SiteConfig& config, const ImagePolicy& policy,
                                 const Requester& requester, const RequestTexts& texts) {
  const auto ref = ImageRef::parse(texts.image);
  // No size and a size of 0 both leave it to the site and the image.
  const std::uint64_t asked_disk_mib = texts.disk ? parse_size_mib(*texts.disk, "disk size") : 0;
  auto mounts = checked_mounts(texts.mounts);
  auto variables = parse_variable_names(texts.env.value_or(""));
  const RegisteredImage image = select_image(Catalog(config.store), policy, requester, ref);
  const Manifest& manifest = image.manifest;
  WorkspaceRequest request{manifest.name,       manifest.version,
                           image.digest,        size_disk_mib(asked_disk_mib, manifest, config),
                           std::move(mounts),   least_job_memory_mib(manifest, config),
                           manifest.needs.vcpus};
  request.outside_variables = std::move(variables);
  if (texts.workdir) request.working_directory = check_absolute_path(*texts.workdir, "workdir");
  request.root_inside = texts.root;
  if (texts.root) check_root_permitted(manifest);
  if (texts.save) {
    request.save_as = ImageName::parse(*texts.save);
    check_save(config, Catalog(config.store), manifest, *request.save_as,
               at(requester, AccessBy::kUsers).value().front());
  }
  request.shown_in = config.digest_shown_in;
  request.access = policy.access_to(manifest);
  // Long lists would stand in the way of the job, and the node has them itself.
  if (request.to_line().size() > kMostBytesWithAccess) request.access = {};
  const std::size_t bytes = request.to_line().size();
  if (bytes > WorkspaceRequest::kMaxLineBytes) {
    throw Error(ErrorKind::kExceeded, "the mounts and variables make the request " +
                                          std::to_string(bytes) + " bytes long; at most " +
                                          std::to_string(WorkspaceRequest::kMaxLineBytes) +
                                          " are allowed");
  }
  return request;
}

int run_resolve(const Arguments& arguments) {
  const auto image = arguments.value("--image");
  if (!image) throw Error(ErrorKind::kUsage, "--image is missing; see workspace resolve --help");
  try {
    const SiteConfig config = site_config(arguments);
    auto request =
        resolve_request(config, ImagePolicy::of(config), calling_user(),
                        {*image, arguments.value("--disk"), arguments.value("--mount"),
                         arguments.value("--env"), arguments.value("--workdir"),
                         arguments.value("--root").has_value(), arguments.value("--save")});
    request.prefer_cached = config.prefer_cached && may_prefer();
    request.secret = random_hex(kSecretBytes);
    return print(request.to_line() + "\n");
  } catch (const Error& e) {
    // The bare line: the plugin that asks puts its own name in front of it.
    std::fprintf(stderr, "%s\n", printable(e.text()).c_str());
    return exit_status(e.kind());
  }
}

}  // namespace workspace::cli
