#include "libworkspace/catalog/registration.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/image_format.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/manifest_inheritance.h"
#include "libworkspace/catalog/saved_image.h"
#include "libworkspace/catalog/store_layout.h"

namespace workspace {
namespace {

/// Long enough for another admin's copy of a large image over a slow network.
constexpr std::chrono::hours kLockWait{1};

std::string absolute_path(const std::string& path) {
  if (path.starts_with("/")) return path;
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  if (error) throw_errno("reading the working directory", error.value());
  return here.string() + "/" + path;
}

std::string folder_of(const std::string& absolute) {
  return absolute.substr(0, absolute.rfind('/'));
}

/// A file that the manifest names, opened and not yet read.
struct SourceFile {
  std::string role;  ///< as for_each_file names it
  ImageFile& entry;
  std::string path;
  UniqueFd fd;
};

/// Opens one and fills in its size, or checks the one that is stated.
SourceFile open_source(const std::string& folder, std::string role, ImageFile& entry) {
  // What an inherited manifest names may lie in another folder, hence a `..` in the path.
  const auto whole = std::filesystem::path(folder) / entry.path;
  std::string path = whole.lexically_normal().string();
  UniqueFd fd = open_trusted_file(path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("reading the state of " + path);
  const auto size_bytes = static_cast<std::uint64_t>(info.st_size);
  if (entry.size_bytes != 0 && entry.size_bytes != size_bytes) {
    throw Error(ErrorKind::kInvalid, path + " has " + std::to_string(size_bytes) +
                                         " bytes, not the stated " +
                                         std::to_string(entry.size_bytes));
  }
  entry.size_bytes = size_bytes;
  return {std::move(role), entry, std::move(path), std::move(fd)};
}

void check_format(const SourceFile& source, RootFormat root_format) {
  if (source.role == "root") check_root_format(source.fd.get(), source.path, root_format);
  if (source.role.starts_with("layer"))
    check_root_format(source.fd.get(), source.path, RootFormat::kSquashfs);
}

/// Opens all of them before the first is read, so that a missing one is told at once.
std::vector<SourceFile> open_sources(const std::string& folder, Manifest& manifest) {
  std::vector<SourceFile> sources;
  for_each_file(manifest, [&](const std::string& role, ImageFile& file) {
    sources.push_back(open_source(folder, role, file));
    check_format(sources.back(), manifest.root_format);
  });
  return sources;
}

/// A file of the image, copied into the store but not yet under its name there.
struct StagedFile {
  PartialFile partial;
  Digest digest;
};

/// Copies one file and fills in its digest, or checks the one that is stated.
StagedFile stage_file(const std::string& store, SourceFile& source,
                      const RegistrationProgress& progress) {
  ImageFile& entry = source.entry;
  PartialFile partial(store_layout::files_folder(store), source.role);
  const auto copied = partial.copy_from(source.fd.get(), source.path, entry.size_bytes,
                                        [&](std::uint64_t done_bytes) {
                                          if (progress)
                                            progress(source.path, done_bytes, entry.size_bytes);
                                        });
  if (copied.size_bytes != entry.size_bytes) {
    throw Error(ErrorKind::kInvalid,
                source.path + " was changed while it was read; register the image again");
  }
  const Digest digest(copied.sha256);
  if (entry.digest && *entry.digest != digest) {
    throw Error(ErrorKind::kInvalid, source.path + " has the digest " + digest.to_string() +
                                         ", not the stated " + entry.digest->to_string());
  }
  entry.digest = digest;
  return {std::move(partial), digest};
}

void publish_files(const std::string& store, std::vector<StagedFile>& staged) {
  for (auto& file : staged) {
    file.partial.sync();
    file.partial.publish_as(file.digest.file_name(), 0444);
  }
  sync_folder(store_layout::files_folder(store));
}

/// Puts the version's folder in place by one rename.
void publish_version(const std::string& store, const Manifest& manifest, const std::string& bytes) {
  const std::string folder =
      store_layout::new_version_folder(store, manifest.name, manifest.version);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) throw_errno("removing " + folder, error.value());
  make_trusted_folder(folder, 0755);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  Fields registered;
  registered.add("time_us", static_cast<std::uint64_t>(now.count()));
  write_file_atomic(folder + "/" + std::string(store_layout::kManifestFile), bytes, 0444);
  write_file_atomic(folder + "/" + std::string(store_layout::kRegisteredFile),
                    registered.to_lines(), 0444);
  const std::string target = store_layout::version_folder(store, manifest.name, manifest.version);
  if (::rename(folder.c_str(), target.c_str()) != 0) throw_errno("renaming to " + target);
  sync_folder(store_layout::image_folder(store, manifest.name));
}

/// The digest under which this version is registered already, if it is.
std::optional<Digest> registered_digest(const std::string& store, const Manifest& manifest) {
  const std::string folder = store_layout::version_folder(store, manifest.name, manifest.version);
  try {
    const UniqueFd fd = open_trusted_file(folder + "/" + std::string(store_layout::kManifestFile));
    return manifest_digest(read_all(fd.get(), kMaxManifestBytes, folder));
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

void make_folders(const std::string& store_path, const ImageName& name) {
  make_trusted_folder(store_layout::files_folder(store_path), 0755);
  make_trusted_folder(store_layout::image_folder(store_path, name), 0755);
}

/// With the store's lock held.
RegisteredImage register_sources(const std::string& store_path, const Manifest& manifest,
                                 std::vector<SourceFile>& sources,
                                 const RegistrationProgress& progress) {
  std::vector<StagedFile> staged;
  staged.reserve(sources.size());
  for (auto& source : sources) staged.push_back(stage_file(store_path, source, progress));
  const std::string bytes = format_manifest(manifest);
  const auto earlier = registered_digest(store_path, manifest);
  if (earlier && *earlier != manifest_digest(bytes)) {
    throw Error(ErrorKind::kDenied, "image " + manifest.name.text() + ":" +
                                        manifest.version.text() +
                                        " is registered already with other content; give this one "
                                        "a new version");
  }
  publish_files(store_path, staged);
  if (!earlier) publish_version(store_path, manifest, bytes);
  return Catalog(store_path).resolve({manifest.name, manifest.version.text()});
}

}  // namespace

Manifest check_image(const std::string& manifest_path, YamlFaults& faults) {
  const std::string path = absolute_path(manifest_path);
  const ManifestChain chain = ManifestChain::read(path, faults);
  Manifest manifest = chain.manifest();
  for_each_file(manifest, [&](const std::string& role, ImageFile& file) {
    if (file.path.empty()) return;
    try {
      check_format(open_source(folder_of(path), role, file), manifest.root_format);
    } catch (const Error& e) {
      chain.refuse_value(role.starts_with("layer") ? "layers" : role, e);
    }
  });
  return manifest;
}

RegisteredImage register_image(const std::string& store_path, const std::string& manifest_path,
                               const RegistrationProgress& progress) {
  const std::string path = absolute_path(manifest_path);
  Manifest manifest = read_manifest(path);
  auto sources = open_sources(folder_of(path), manifest);
  make_folders(store_path, manifest.name);
  const FileLock lock(store_layout::lock_file(store_path), Deadline::in(kLockWait));
  return register_sources(store_path, manifest, sources, progress);
}

RegisteredImage register_complete_image(const std::string& store_path, Manifest manifest,
                                        const OpenImageFile& open,
                                        const RegistrationProgress& progress) {
  std::vector<SourceFile> sources;
  for_each_file(manifest, [&](const std::string& role, ImageFile& file) {
    const std::string name = role + " (" + file.digest.value().file_name() + ")";
    sources.push_back({role, file, name, open(role, file)});
    check_format(sources.back(), manifest.root_format);
  });
  make_folders(store_path, manifest.name);
  const FileLock lock(store_layout::lock_file(store_path), Deadline::in(kLockWait));
  return register_sources(store_path, manifest, sources, progress);
}

RegisteredImage register_saved_image(const SiteConfig& site, Manifest manifest, UniqueFd layer,
                                     Deadline deadline) {
  struct stat info {};
  if (::fstat(layer.get(), &info) != 0) throw_errno("reading the state of the layer");
  if (::lseek(layer.get(), 0, SEEK_SET) != 0) throw_errno("reading the layer");
  ImageFile& entry = manifest.layers.emplace_back();
  entry.path = "layer-" + manifest.version.text() + ".squashfs";
  const auto entry_bytes = static_cast<std::uint64_t>(info.st_size);
  entry.size_bytes = entry_bytes;
  std::vector<SourceFile> sources;
  sources.push_back({"layer", entry, "the saved layer", std::move(layer)});
  make_folders(site.store, manifest.name);
  const FileLock lock(store_layout::lock_file(site.store), deadline);
  const Catalog catalog(site.store);
  check_name_for_saving(catalog, manifest.name, manifest.owner);
  check_room_for_save(site, saves_of(catalog, manifest.owner), entry_bytes);
  return register_sources(site.store, manifest, sources, {});
}

}  // namespace workspace
