#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libworkspace/model/image_ref.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// What an image of a distribution with RPM packages is built of, by dnf(8).
struct DnfSource {
  struct Repository {
    std::string name;
    std::string url;
  };

  std::string release;                   ///< such as 9
  std::vector<Repository> repositories;  ///< at least one
  std::vector<std::string> keys;         ///< files of the keys that sign the packages
};

/// What an image is built of by commands that run as root in a throw-away virtual machine.
struct VmSource {
  explicit VmSource(ImageRef ref) : image(std::move(ref)) {}

  ImageRef image;      ///< a registered one, which the machine boots
  std::string script;  ///< the path of a file, as of Copy::source; empty: there is none
  std::uint64_t memory_mib = 512;
  std::uint32_t vcpus = 1;
  std::uint64_t disk_mib = 4096;
  std::chrono::milliseconds timeout = std::chrono::hours(1);  ///< for all commands together
};

/// How an image is built of the packages of Debian, or of a distribution like it; or, with `dnf`,
/// of RPM packages; or, with `vm`, by its commands alone. Its YAML form, key by key: RECIPES in
/// workspace(1).
struct ImageRecipe {
  explicit ImageRecipe(Manifest m) : manifest(std::move(m)) {}

  /// A file of the recipe's own that is put into the image.
  struct Copy {
    std::string source;       ///< the path of a file; relative ones are from the recipe's folder
    std::string destination;  ///< an absolute path inside
  };

  Manifest manifest;  ///< without a root: that is what is built
  std::optional<DnfSource> dnf;
  std::optional<VmSource> vm;  ///< without either it is Debian's, of which the next five speak
  std::string suite;
  std::string variant = "minbase";
  std::string mirror = "http://deb.debian.org/debian";
  std::string keyring;  ///< the file of the keys that sign the mirror's index; empty: Debian's own
  std::vector<std::string> components = {"main"};
  std::vector<std::string> packages;
  std::vector<std::string> left_out;  ///< patterns of paths below the root
  std::vector<Copy> copies;           ///< before the commands run
  std::vector<std::string> commands;  ///< one line of shell each, as root of the image
  std::int64_t date_unix_s = 0;       ///< no file of the image is newer
};

}  // namespace workspace
