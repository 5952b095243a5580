#include "libworkspace/catalog/catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/catalog/registration.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;
using testing::SampleImage;
using ::testing::StartsWith;

class CatalogTest : public ::testing::Test {
 protected:
  RegisteredImage add(const std::string& name, const std::string& version) {
    return register_image(sample_.store(), sample_.write_manifest(name, version), nullptr);
  }

  std::vector<std::string> listed() {
    std::vector<std::string> texts;
    for (const auto& image : catalog_.list().images)
      texts.push_back(image.manifest.name.text() + ":" + image.manifest.version.text());
    return texts;
  }

  SampleImage sample_;
  Catalog catalog_{sample_.store()};
};

TEST_F(CatalogTest, ListsByNameNewestFirst) {
  add("zebra", "1");
  add("tiny", "9");
  add("tiny", "10");
  add("tiny", "2");
  EXPECT_THAT(listed(), ElementsAre("tiny:2", "tiny:10", "tiny:9", "zebra:1"));
}

TEST_F(CatalogTest, WithoutAVersionTheOneRegisteredLastIsMeant) {
  add("tiny", "2");
  add("tiny", "1");
  EXPECT_EQ(catalog_.resolve(ImageRef::parse("tiny")).manifest.version.text(), "1");
  EXPECT_EQ(catalog_.resolve(ImageRef::parse("tiny:2")).manifest.version.text(), "2");
}

TEST_F(CatalogTest, TellsWhatThereIs) {
  fs::create_directory(sample_.store());
  expect_error([&] { (void)catalog_.resolve(ImageRef::parse("legacy-el5")); }, ErrorKind::kNotFound,
               "image 'legacy-el5' is not registered; no image is");
  EXPECT_TRUE(listed().empty());
  add("legacy-bullseye", "1");
  add("legacy-bullseye", "2");
  add("course-mpi", "1");
  expect_error([&] { (void)catalog_.resolve(ImageRef::parse("legacy-el5")); }, ErrorKind::kNotFound,
               "image 'legacy-el5' is not registered; images there are: course-mpi, "
               "legacy-bullseye");
  expect_error([&] { (void)catalog_.resolve(ImageRef::parse("legacy-bullseye:7")); },
               ErrorKind::kNotFound,
               "image 'legacy-bullseye' has no version '7'; versions there are: 1, 2");
}

TEST_F(CatalogTest, AStoreThatIsNotThereIsTheHostsFault) {
  const std::string text = "the image store cannot be used: " + sample_.store() + " does not exist";
  expect_error([&] { (void)catalog_.list(); }, ErrorKind::kHost, text);
  expect_error([&] { (void)catalog_.resolve(ImageRef::parse("tiny")); }, ErrorKind::kHost, text);
}

TEST_F(CatalogTest, AStoreThatOthersCanWriteIsRefused) {
  add("tiny", "1");
  ::chmod(sample_.store().c_str(), 0777);
  expect_error([&] { (void)catalog_.list(); }, ErrorKind::kHost,
               StartsWith("the image store cannot be used: " + sample_.store() +
                          " is not trusted: others than its owner can write it"));
}

TEST_F(CatalogTest, APinnedImageIsTheOneOrNone) {
  const auto image = add("tiny", "1");
  const auto& [name, version] = std::tie(image.manifest.name, image.manifest.version);
  EXPECT_EQ(catalog_.open_pinned(name, version, image.digest).manifest.root.size_bytes, 11);

  const Digest other(Digest::Bytes{});
  expect_error([&] { (void)catalog_.open_pinned(name, version, other); }, ErrorKind::kDenied,
               "image tiny:1 is not the one the job was submitted with (" +
                   image.digest.to_string() + " instead of " + other.to_string() +
                   "); submit the job again");
  fs::remove_all(sample_.store() + "/images/tiny/1");
  add("tiny", "2");
  expect_error([&] { (void)catalog_.open_pinned(name, version, image.digest); },
               ErrorKind::kNotFound, "image 'tiny' has no version '1'; versions there are: 2");
}

TEST_F(CatalogTest, ADamagedManifestIsToldAndStopsNoOther) {
  add("tiny", "1");
  add("tiny", "2");
  const std::string manifest = sample_.store() + "/images/tiny/1/manifest.yaml";
  struct Case {
    const char* content;
    std::string reason;
  };
  for (const auto& [content, reason] : {
           Case{"name: tiny\n", manifest + ":1: key 'version' is missing"},
           Case{"garbage", manifest + ":1: 'KEY: VALUE' is expected"},
           Case{"name: tiny\nversion: 1\nroot: {file: a, format: ext4}\n",
                manifest + " is not the manifest that was registered there"},
           Case{"name: other\nversion: 1\nroot: {file: a, format: ext4}\n",
                manifest + " is not the manifest that was registered there"},
       }) {
    SCOPED_TRACE(content);
    ::chmod(manifest.c_str(), 0644);
    sample_.folder().write("store/images/tiny/1/manifest.yaml", content);
    const std::string text = "image tiny:1 is damaged in the catalogue: " + reason;
    expect_error([&] { (void)catalog_.resolve(ImageRef::parse("tiny:1")); }, ErrorKind::kInvalid,
                 text);
    EXPECT_THAT(listed(), ElementsAre("tiny:2"));
    EXPECT_THAT(catalog_.list().faults, ElementsAre(text));
  }
}

TEST_F(CatalogTest, WhatIsNoImageIsPassedOver) {
  add("tiny", "1");
  sample_.folder().write("store/images/.new-thing/x", "");
  sample_.folder().write("store/images/tiny/.new-2/manifest.yaml", "half");
  sample_.folder().write("store/images/README", "");
  EXPECT_THAT(listed(), ElementsAre("tiny:1"));
}

}  // namespace
}  // namespace workspace
