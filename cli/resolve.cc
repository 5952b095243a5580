#include "cli/resolve.h"

#include <algorithm>
#include <cstdio>

#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/size.h"

namespace workspace::cli {
namespace {

/// 0 and no size at all mean the site's default, or what the image needs where that is more.
std::uint64_t choose_disk_mib(const SiteConfig& config, const Manifest& manifest,
                              const std::optional<std::string>& text) {
  const std::uint64_t asked_mib = text ? parse_size_mib(*text, "disk size") : 0;
  const std::uint64_t needed_mib = manifest.needs.disk_mib;
  if (asked_mib > config.disk_max_mib) {
    throw Error(ErrorKind::kExceeded, "a disk of " + format_size_mib(asked_mib) +
                                          " is asked for; this site allows at most " +
                                          format_size_mib(config.disk_max_mib));
  }
  if (needed_mib > config.disk_max_mib) {
    throw Error(ErrorKind::kExceeded, "image '" + manifest.name.text() + "' needs a disk of " +
                                          format_size_mib(needed_mib) +
                                          "; this site allows at most " +
                                          format_size_mib(config.disk_max_mib));
  }
  if (asked_mib == 0) return std::max(config.disk_default_mib, needed_mib);
  if (asked_mib < needed_mib) {
    throw Error(ErrorKind::kExceeded, "a disk of " + format_size_mib(asked_mib) +
                                          " is asked for; image '" + manifest.name.text() +
                                          "' needs at least " + format_size_mib(needed_mib));
  }
  return asked_mib;
}

std::vector<MountSpec> checked_mounts(const std::optional<std::string>& text) {
  auto mounts = parse_mounts(text.value_or(""));
  for (const auto& mount : mounts) check_mount_destination(mount.destination);
  return mounts;
}

}  // namespace

WorkspaceRequest resolve_request(const SiteConfig& config, const RequestTexts& texts) {
  const auto ref = ImageRef::parse(texts.image);
  auto mounts = checked_mounts(texts.mounts);
  const RegisteredImage image = Catalog(config.store).resolve(ref);
  const Manifest& manifest = image.manifest;
  WorkspaceRequest request{manifest.name,       manifest.version,
                           image.digest,        choose_disk_mib(config, manifest, texts.disk),
                           std::move(mounts),   manifest.needs.memory_mib,
                           manifest.needs.vcpus};
  const std::size_t bytes = request.to_line().size();
  if (bytes > WorkspaceRequest::kMaxLineBytes) {
    throw Error(ErrorKind::kExceeded,
                "the mounts make the request " + std::to_string(bytes) + " bytes long; at most " +
                    std::to_string(WorkspaceRequest::kMaxLineBytes) + " are allowed");
  }
  return request;
}

int run_resolve(const Arguments& arguments) {
  const auto image = arguments.value("--image");
  if (!image) throw Error(ErrorKind::kUsage, "--image is missing; see workspace resolve --help");
  try {
    const SiteConfig config = site_config(arguments);
    const auto request =
        resolve_request(config, {*image, arguments.value("--disk"), arguments.value("--mount")});
    return print(request.to_line() + "\n");
  } catch (const Error& e) {
    // The bare line: the plugin that asks puts its own name in front of it.
    std::fprintf(stderr, "%s\n", printable(e.text()).c_str());
    return exit_status(e.kind());
  }
}

}  // namespace workspace::cli
