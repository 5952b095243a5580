#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libworkspace/model/access.h"
#include "libworkspace/model/digest.h"
#include "libworkspace/model/guest_config.h"
#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/mount_spec.h"
#include "libworkspace/model/rate_caps.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {

/// A file that an image is made of. `path` is as the manifest says it; digest and size are known
/// once the image is registered.
struct ImageFile {
  std::string path;
  std::optional<Digest> digest;
  std::uint64_t size_bytes = 0;
};

/// What an image needs of an allocation to run at all.
struct ImageNeeds {
  std::uint64_t memory_mib = 0;
  std::uint32_t vcpus = 1;
  std::uint64_t disk_mib = 0;
  std::string architecture = "x86_64";  ///< as uname(2) names the machine
  std::uint32_t gpus = 0;
};

/// The guest's first process.
enum class BootMode {
  kAgent,  ///< the project's agent
  kInit,   ///< the image's own init, the agent beside it
};

/// What the image's guests may reach besides their job's tasks.
enum class ImageNetwork {
  kNone,     ///< nothing
  kPrivate,  ///< the other guests of the same job
};

std::string_view name_of(BootMode mode);
std::string_view name_of(ImageNetwork network);

/// A variable that the image sets for its tasks.
struct ImageVariable {
  std::string name;  ///< `[A-Za-z_][A-Za-z0-9_]*`
  std::string value;
  bool operator==(const ImageVariable&) const = default;
};

/// An image as its admin describes it. The reader and writer of its YAML form is the catalogue.
struct Manifest {
  Manifest(ImageName image, ImageVersion image_version)
      : name(std::move(image)), version(std::move(image_version)) {}

  ImageName name;
  ImageVersion version;
  std::string description;
  std::string maintainer;
  std::string licence;
  std::optional<UtcTime> created;
  std::optional<UtcTime> expires;  ///< from then on nobody may use the image
  ImageFile root;
  RootFormat root_format = RootFormat::kSquashfs;
  /// What jobs have changed: each a squashfs that overlayfs lays over the root and those before it.
  std::vector<ImageFile> layers;
  std::optional<ImageFile> kernel;  ///< the site's when the image brings none
  std::optional<ImageFile> initrd;
  std::optional<std::string> kernel_options;  ///< in place of the site's
  BootMode boot = BootMode::kAgent;
  ImageNeeds needs;
  std::vector<ImageVariable> env;  ///< by name
  std::string workdir;             ///< a task's, where its own is not there; empty: none
  std::vector<MountSpec> mounts;   ///< of the node, for every job of this image
  bool allow_root = false;         ///< whether a job may ask to be root inside
  ImageNetwork network = ImageNetwork::kPrivate;
  /// The commands of the node that its guests may ask for; nothing said: all that the site permits.
  std::optional<std::vector<std::string>> host_commands;
  AccessRules access;       ///< besides the site's
  RateCaps caps;            ///< besides the site's; the lower ones hold
  bool allow_save = false;  ///< whether a job may keep what it changed as an image
  std::string owner;        ///< the user whose job saved the image; empty: an admin's
  std::string base;         ///< what it was saved from, NAME:VERSION@DIGEST; empty: nothing

  static constexpr std::size_t kMaxLayers = 8;
};

/// Calls `visit` with each file of the image and what it is: root, layer 1 and so on, kernel,
/// initrd.
template <class SomeManifest, class Visit>
void for_each_file(SomeManifest& manifest, Visit visit) {
  visit(std::string("root"), manifest.root);
  for (std::size_t i = 0; i < manifest.layers.size(); ++i)
    visit("layer " + std::to_string(i + 1), manifest.layers[i]);
  if (manifest.kernel) visit(std::string("kernel"), *manifest.kernel);
  if (manifest.initrd) visit(std::string("initrd"), *manifest.initrd);
}

/// Refuses root inside where the image does not permit it. Errors: kDenied.
void check_root_permitted(const Manifest& manifest);

/// Refuses to save a job's changes where the image does not permit it, or has as many layers as an
/// image can have. Errors: kDenied.
void check_save_permitted(const Manifest& manifest);

}  // namespace workspace
