#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "libworkspace/base/fd.h"
#include "libworkspace/catalog/image_policy.h"
#include "libworkspace/catalog/registration.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {

/// tiny:1 with a kernel and an initrd, approved by the key `site`.
class ApprovedImage : public ::testing::Test {
 protected:
  ApprovedImage() {
    sample_.folder().write("image/vmlinux", "kernel");
    sample_.folder().write("image/initrd.img", "initrd");
    secret_ = sample_.make_key();
    image_.emplace(add("1"));
    sample_.approve(*image_);
    site_.store = sample_.store();
    site_.keys = sample_.keys();
  }

  [[nodiscard]] RegisteredImage add(const std::string& version) const {
    return register_image(
        sample_.store(),
        sample_.write_manifest("tiny", version,
                               "kernel: {file: vmlinux}\ninitrd: {file: initrd.img}\n" + more_),
        nullptr);
  }

  /// What the node does for a job that was pinned to tiny:1.
  void use(UtcTime now = utc_now()) const {
    const auto image =
        Catalog(sample_.store())
            .open_pinned(image_->manifest.name, image_->manifest.version, image_->digest);
    (void)ImagePolicy(site_, TrustedKeys::read(site_.keys), now).check_image(image);
  }

  /// The same for a user who forges a request for whatever the catalogue has now.
  void use_forged() const {
    const auto image = Catalog(sample_.store()).resolve(ImageRef::parse("tiny:1"));
    (void)ImagePolicy::of(site_).check_image(image);
  }

  void expect_refused(const std::string& text) const {
    testing::expect_error([&] { use(); }, ErrorKind::kDenied, ::testing::StartsWith(text));
  }

  [[nodiscard]] std::string in_store(const std::string& name) const {
    return sample_.store() + "/images/tiny/1/" + name;
  }
  [[nodiscard]] std::string manifest() const { return in_store("manifest.yaml"); }
  [[nodiscard]] std::string signature() const { return in_store("manifest.yaml.minisig"); }

  static void overwrite(const std::string& path, const std::string& content) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), 0444);
  }

  [[nodiscard]] minisign::Signature read_signature() const {
    return minisign::Signature::parse(read_file(signature(), minisign::kMaxFileBytes));
  }

  testing::SampleImage sample_;
  std::string more_;
  std::string secret_;
  std::optional<RegisteredImage> image_;
  SiteConfig site_;
};

}  // namespace workspace
