#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/yaml_faults.h"
#include "libworkspace/model/site_config.h"

namespace workspace {

/// Called now and then while a file is copied. What it throws ends the registration.
using RegistrationProgress = std::function<void(const std::string& file, std::uint64_t done_bytes,
                                                std::uint64_t total_bytes)>;

/// Registers the image that an admin's manifest describes: copies its files into the store, with
/// their digests computed on the way, and puts the manifest into the catalogue last, so that
/// whoever sees it finds all of it. Until then nothing that other images use is touched; a
/// registration that is killed leaves only a file that the next one replaces.
///
/// The manifest and its files (named relative to the manifest's folder, or absolute) must be
/// regular files, not links, that nobody but root or the caller can write or exchange. Registering
/// the same content again is success and restores files that were damaged in the store.
///
/// Errors: kInvalid for a manifest that breaks the rules, a digest or size that is not the file's,
/// a file that is not of the stated format; kNotFound for a missing file; kDenied for one that is
/// not trusted, and for a version that is registered with other content; kTimeout when another
/// registration does not end; kHost.
RegisteredImage register_image(const std::string& store_path, const std::string& manifest_path,
                               const RegistrationProgress& progress);

/// Registers what a job has changed, a squashfs layer, as an image of its own: `manifest` is that
/// of saved_manifest (saved_image.h), whose other files the store has already; the layer is put
/// above its layers. Errors: kDenied for a name that is not its owner's, and for a version that is
/// registered already; kExceeded as check_room_for_save; kTimeout; kHost.
RegisteredImage register_saved_image(const SiteConfig& site, Manifest manifest, UniqueFd layer,
                                     Deadline deadline);

/// Opens a file of an image that is to be registered, at its begin.
using OpenImageFile = std::function<UniqueFd(const std::string& role, const ImageFile& file)>;

/// Registers an image that came with a complete manifest (catalog_index.h), whose files `open`
/// opens one after the other; each must be what the manifest says. It is not approved by this.
/// Errors: as register_image.
RegisteredImage register_complete_image(const std::string& store_path, Manifest manifest,
                                        const OpenImageFile& open,
                                        const RegistrationProgress& progress);

/// Adds to `faults` all that register_image would refuse before it copies anything: in the
/// manifest, in those it inherits from, and that its files are there, trusted and of their format.
/// Errors: as open_trusted_file when the manifest itself cannot be read.
Manifest check_image(const std::string& manifest_path, YamlFaults& faults);

}  // namespace workspace
