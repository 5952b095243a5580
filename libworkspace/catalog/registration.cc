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
#include "libworkspace/catalog/manifest_file.h"
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

/// A file of the image, copied into the store but not yet under its name there.
struct StagedFile {
  PartialFile partial;
  Digest digest;
};

/// Copies one file of the manifest and fills in its digest and size, or checks what it states.
StagedFile stage_file(const std::string& store, const std::string& folder, std::string_view role,
                      ImageFile& file, const RegistrationProgress& progress) {
  const std::string path = file.path.starts_with("/") ? file.path : folder + "/" + file.path;
  const UniqueFd source = open_trusted_file(path);
  struct stat info {};
  if (::fstat(source.get(), &info) != 0) throw_errno("reading the state of " + path);
  const auto size_bytes = static_cast<std::uint64_t>(info.st_size);

  PartialFile partial(store_layout::files_folder(store), std::string(role));
  const auto copied = partial.copy_from(source.get(), path, size_bytes, [&](std::uint64_t done) {
    if (progress) progress(path, done, size_bytes);
  });
  if (copied.size_bytes != size_bytes)
    throw Error(ErrorKind::kInvalid, path + " was changed while it was read; register it again");
  const Digest digest(copied.sha256);
  if (file.digest && *file.digest != digest) {
    throw Error(ErrorKind::kInvalid, path + " has the digest " + digest.to_string() +
                                         ", not the stated " + file.digest->to_string());
  }
  if (file.size_bytes != 0 && file.size_bytes != size_bytes) {
    throw Error(ErrorKind::kInvalid, path + " has " + std::to_string(size_bytes) +
                                         " bytes, not the stated " +
                                         std::to_string(file.size_bytes));
  }
  file.digest = digest;
  file.size_bytes = size_bytes;
  return {std::move(partial), digest};
}

std::vector<StagedFile> stage_files(const std::string& store, const std::string& folder,
                                    Manifest& manifest, const RegistrationProgress& progress) {
  std::vector<StagedFile> staged;
  staged.push_back(stage_file(store, folder, "root", manifest.root, progress));
  if (manifest.kernel)
    staged.push_back(stage_file(store, folder, "kernel", *manifest.kernel, progress));
  if (manifest.initrd)
    staged.push_back(stage_file(store, folder, "initrd", *manifest.initrd, progress));
  return staged;
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

}  // namespace

RegisteredImage register_image(const std::string& store_path, const std::string& manifest_path,
                               const RegistrationProgress& progress) {
  const std::string path = absolute_path(manifest_path);
  const UniqueFd fd = open_trusted_file(path);
  Manifest manifest = parse_manifest(read_all(fd.get(), kMaxManifestBytes, path), path);

  make_trusted_folder(store_layout::files_folder(store_path), 0755);
  make_trusted_folder(store_layout::image_folder(store_path, manifest.name), 0755);
  const FileLock lock(store_layout::lock_file(store_path), Deadline::in(kLockWait));

  auto staged = stage_files(store_path, folder_of(path), manifest, progress);
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

}  // namespace workspace
