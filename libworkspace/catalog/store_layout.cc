#include "libworkspace/catalog/store_layout.h"

namespace workspace::store_layout {

std::string images_folder(const std::string& store) { return store + "/images"; }

std::string image_folder(const std::string& store, const ImageName& name) {
  return images_folder(store) + "/" + name.text();
}

std::string version_folder(const std::string& store, const ImageName& name,
                           const ImageVersion& version) {
  return image_folder(store, name) + "/" + version.text();
}

std::string new_version_folder(const std::string& store, const ImageName& name,
                               const ImageVersion& version) {
  return image_folder(store, name) + "/.new-" + version.text();
}

std::string files_folder(const std::string& store) { return store + "/files"; }

std::string saves_folder(const std::string& store) { return store + "/saves"; }

std::string saves_file(const std::string& store, std::uint32_t uid) {
  return saves_folder(store) + "/" + std::to_string(uid);
}

std::string lock_file(const std::string& store) { return store + "/.lock"; }

}  // namespace workspace::store_layout
