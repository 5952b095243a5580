#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libworkspace/model/image_ref.h"

/// The names inside the shared store: built here alone, for the catalogue's reader and writer.
namespace workspace::store_layout {

inline constexpr std::string_view kManifestFile = "manifest.yaml";
inline constexpr std::string_view kRegisteredFile = "registered";
/// What approves the version: minisign's signature of the manifest's bytes, named as minisign does.
inline constexpr std::string_view kSignatureFile = "manifest.yaml.minisig";

std::string images_folder(const std::string& store);
std::string image_folder(const std::string& store, const ImageName& name);
std::string version_folder(const std::string& store, const ImageName& name,
                           const ImageVersion& version);
/// A version in the making; a name no version can have.
std::string new_version_folder(const std::string& store, const ImageName& name,
                               const ImageVersion& version);
std::string files_folder(const std::string& store);
/// How the saves of users went; see save_log.h.
std::string saves_folder(const std::string& store);
std::string saves_file(const std::string& store, std::uint32_t uid);
/// Held while the store is written.
std::string lock_file(const std::string& store);

}  // namespace workspace::store_layout
