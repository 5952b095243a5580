#include "libworkspace/catalog/catalog.h"

#include <algorithm>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/minisign.h"
#include "libworkspace/catalog/store_layout.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxRegisteredBytes = 4096;

std::string read_trusted(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd = open_trusted_file(path);
  return read_all(fd.get(), max_bytes, path);
}

/// The text of the file that approves a version; nothing while nobody has.
std::optional<std::string> read_signature(const std::string& path) {
  try {
    return read_trusted(path, minisign::kMaxFileBytes);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

/// The names in a folder of the store that `parse` accepts, sorted; none when it is not there.
template <class Name>
std::vector<Name> names_in(const std::string& folder, Name (*parse)(std::string_view)) {
  std::vector<Name> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    try {
      names.push_back(parse(entries->path().filename().string()));
    } catch (const Error&) {
      // Not an image's: a version in the making, or what somebody else put there.
    }
  }
  if (error) throw_errno("reading " + folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

/// A store that is not there is the node's fault (not mounted, say), not that of a job's image.
void check_store(const std::string& path) {
  try {
    open_trusted_folder(path);
  } catch (const Error& e) {
    throw Error(ErrorKind::kHost, "the image store cannot be used: " + e.text());
  }
}

std::chrono::system_clock::time_point read_registered(const std::string& path) {
  Fields fields = Fields::from_lines(read_trusted(path, kMaxRegisteredBytes));
  const auto time_us = fields.take_number("time_us", INT64_MAX);
  fields.expect_empty();
  return std::chrono::system_clock::time_point(
      std::chrono::microseconds(static_cast<std::int64_t>(time_us)));
}

template <class Name>
std::string joined(const std::vector<Name>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& name : names) texts.push_back(name.text());
  return join(texts, ", ");
}

}  // namespace

Catalog::Listing Catalog::list() const {
  check_store(store_path_);
  Listing listing;
  for (const auto& name : names_in(store_layout::images_folder(store_path_), &ImageName::parse))
    add_versions(name, listing);
  return listing;
}

Catalog::Listing Catalog::versions(const ImageName& name) const {
  check_store(store_path_);
  Listing listing;
  add_versions(name, listing);
  return listing;
}

void Catalog::add_versions(const ImageName& name, Listing& listing) const {
  const std::size_t first = listing.images.size();
  for (const auto& version : versions_of(name)) {
    try {
      listing.images.push_back(read_version(name, version));
    } catch (const Error& e) {
      listing.faults.push_back(e.text());
    }
  }
  std::stable_sort(listing.images.begin() + static_cast<std::ptrdiff_t>(first),
                   listing.images.end(),
                   [](const auto& a, const auto& b) { return a.registered_at > b.registered_at; });
}

RegisteredImage Catalog::resolve(const ImageRef& ref) const {
  check_store(store_path_);
  const auto versions = versions_of(ref.name);
  if (versions.empty()) refuse_unregistered(ref.name);
  if (ref.version.empty()) return newest(ref.name, versions);
  const auto version = ImageVersion::parse(ref.version);
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    throw Error(ErrorKind::kNotFound, "image '" + ref.name.text() + "' has no version '" +
                                          ref.version +
                                          "'; versions there are: " + joined(versions));
  }
  return read_version(ref.name, version);
}

RegisteredImage Catalog::open_pinned(const ImageName& name, const ImageVersion& version,
                                     const Digest& digest) const {
  RegisteredImage image = resolve({name, version.text()});
  if (image.digest != digest) {
    throw Error(ErrorKind::kDenied, "image " + name.text() + ":" + version.text() +
                                        " is not the one the job was submitted with (" +
                                        image.digest.to_string() + " instead of " +
                                        digest.to_string() + "); submit the job again");
  }
  return image;
}

std::string Catalog::manifest_path(const Manifest& manifest) const {
  return store_layout::version_folder(store_path_, manifest.name, manifest.version) + "/" +
         std::string(store_layout::kManifestFile);
}

std::string Catalog::file_path(const Digest& digest) const {
  return store_layout::files_folder(store_path_) + "/" + digest.file_name();
}

RegisteredImage Catalog::read_version(const ImageName& name, const ImageVersion& version) const {
  const std::string folder = store_layout::version_folder(store_path_, name, version) + "/";
  try {
    const std::string path = folder + std::string(store_layout::kManifestFile);
    const std::string bytes = read_trusted(path, kMaxManifestBytes);
    RegisteredImage image(parse_manifest(bytes, path), manifest_digest(bytes),
                          read_registered(folder + std::string(store_layout::kRegisteredFile)));
    bool has_digests = true;
    for_each_file(image.manifest, [&](const std::string&, const ImageFile& file) {
      has_digests = has_digests && file.digest;
    });
    if (image.manifest.name != name || image.manifest.version != version || !has_digests)
      throw Error(ErrorKind::kInvalid, path + " is not the manifest that was registered there");
    image.bytes = bytes;
    image.signature = read_signature(folder + std::string(store_layout::kSignatureFile));
    return image;
  } catch (Error& e) {
    throw e.in("image " + name.text() + ":" + version.text() + " is damaged in the catalogue");
  }
}

std::vector<ImageVersion> Catalog::versions_of(const ImageName& name) const {
  return names_in(store_layout::image_folder(store_path_, name), &ImageVersion::parse);
}

/// Only the times are read of all versions, so that one damaged old version stops nobody.
RegisteredImage Catalog::newest(const ImageName& name,
                                const std::vector<ImageVersion>& versions) const {
  const auto registered = [&](const ImageVersion& version) {
    return read_registered(store_layout::version_folder(store_path_, name, version) + "/" +
                           std::string(store_layout::kRegisteredFile));
  };
  return read_version(
      name, *std::max_element(versions.begin(), versions.end(), [&](const auto& a, const auto& b) {
        return registered(a) < registered(b);
      }));
}

void Catalog::refuse_unregistered(const ImageName& name) const {
  const auto names = names_in(store_layout::images_folder(store_path_), &ImageName::parse);
  throw Error(ErrorKind::kNotFound,
              "image '" + name.text() + "' is not registered; " +
                  (names.empty() ? "no image is" : "images there are: " + joined(names)));
}

}  // namespace workspace
