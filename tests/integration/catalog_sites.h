#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/base/partial_file.h"
#include "libworkspace/catalog/publication.h"
#include "libworkspace/image/download.h"
#include "libworkspace/lifecycle/catalog_fetch.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {

/// A site that publishes, and one that fetches.
class CatalogSites : public ::testing::Test {
 protected:
  CatalogSites() {
    // The fetch reads as nobody.
    ::chmod(there_.folder().path().c_str(), 0755);
    ::chmod(here_.path().c_str(), 0755);
    site_.store = here_.file("store");
    std::filesystem::create_directories(site_.store);
    site_.catalogs = here_.file("catalogs");
    site_.catalog_keys = here_.file("catalog-keys");
    write_trusted_key(site_.catalog_keys, {"partner", secret_.public_key(), {"t*"}, {}});
    add("tiny", "1", "first");
  }

  /// An image of the publishing site.
  void add(const std::string& name, const std::string& version, const std::string& content,
           const std::string& more = "") {
    there_.write_root(content);
    register_image(there_.store(), there_.write_manifest(name, version, more), nullptr);
  }

  CatalogIndex publish(const minisign::SecretKey& key) {
    const Catalog catalog(there_.store());
    now_ += std::chrono::seconds(1);
    return publish_catalog(catalog, catalog.list().images, published(), key, now_, {});
  }
  CatalogIndex publish() { return publish(secret_); }

  [[nodiscard]] std::string published() const { return there_.folder().file("catalogue"); }
  [[nodiscard]] std::string published_file(const std::string& kind, const Digest& digest) const {
    return published() + "/" + kind + "/" + digest.file_name();
  }
  [[nodiscard]] FetchedCatalog fetch() const {
    return fetch_catalog(site_, parse_source_url(published()), {});
  }
  RegisteredImage bring(const FetchedCatalog& fetched, std::size_t image = 0,
                        const FetchOptions& options = {}) const {
    return bring_image(site_, fetched.name, fetched.snapshot, fetched.index.images.at(image),
                       options);
  }

  static void overwrite(const std::string& path, const std::string& content) {
    std::filesystem::remove(path);
    write_file_atomic(path, content, 0644);
  }

  /// Readable by `mode` alone, which may leave out whoever fetches.
  void replace_by_link(const std::string& path, const std::string& content, mode_t mode) const {
    const std::string target = here_.write("elsewhere", content);
    ::chmod(target.c_str(), mode);
    std::filesystem::remove(path);
    std::filesystem::create_symlink(target, path);
  }

  static void replace_by_folder(const std::string& path) {
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
  }

  /// Nothing of a fetch that was refused may be in the store.
  void expect_empty_store() const {
    EXPECT_TRUE(Catalog(site_.store).list().images.empty());
    if (!std::filesystem::exists(site_.store + "/files")) return;
    for (const auto& entry : std::filesystem::directory_iterator(site_.store + "/files"))
      EXPECT_TRUE(entry.path().filename().string().starts_with(".")) << entry.path();
  }

  testing::SampleImage there_;
  testing::TemporaryFolder here_;
  SiteConfig site_;
  minisign::SecretKey secret_ = minisign::SecretKey::generate();
  UtcTime now_ = utc_now();
};

}  // namespace workspace
