#pragma once

#include <string>
#include <vector>

#include "libworkspace/catalog/catalog.h"
#include "libworkspace/catalog/catalog_index.h"
#include "libworkspace/catalog/registration.h"

namespace workspace {

/// Writes a catalogue of these images that other sites can fetch, as plain files for any web
/// server: its index, signed by `key`, and their manifests and files under their digests.
///
///     DIR/index  DIR/index.minisig  DIR/manifests/sha256-HEX  DIR/files/sha256-HEX
///
/// The files are checked on their way out of the store. The index comes last, and replaces the one
/// before it, whose files stay: sites that still have it find them until the next publication.
/// Errors: kDenied for a folder that is not trusted; kInvalid for a file that is not what its
/// manifest says; kNotFound for one that the store lacks; kHost.
CatalogIndex publish_catalog(const Catalog& catalog, const std::vector<RegisteredImage>& images,
                             const std::string& folder, const minisign::SecretKey& key, UtcTime now,
                             const RegistrationProgress& progress);

}  // namespace workspace
