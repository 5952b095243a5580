#include "libworkspace/catalog/saved_image.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "libworkspace/base/fd.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/registration.h"
#include "libworkspace/catalog/removal.h"
#include "libworkspace/catalog/save_log.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

using testing::expect_error;
using testing::SampleImage;
using ::testing::StartsWith;

class SavedImageTest : public ::testing::Test {
 protected:
  RegisteredImage add(const std::string& more = "") {
    return register_image(sample_.store(), sample_.write_manifest("tiny", "1", more), nullptr);
  }

  RegisteredImage save(const RegisteredImage& base, const std::string& name,
                       const std::string& version, const std::string& owner,
                       const std::string& content = "hsqs changes") {
    UniqueFd layer(::open(sample_.folder().write("layer", content).c_str(), O_RDONLY | O_CLOEXEC));
    site_.store = sample_.store();
    return register_saved_image(
        site_,
        saved_manifest(base, ImageName::parse(name), ImageVersion::parse(version), owner,
                       parse_utc_time("2026-11-25", "now")),
        std::move(layer), Deadline::in(std::chrono::minutes(1)));
  }

  [[nodiscard]] UserSaves saves_of_ann() const { return saves_of(Catalog(sample_.store()), "ann"); }

  SampleImage sample_;
  SiteConfig site_;
};

TEST_F(SavedImageTest, IsTheImageWithALayerMoreAndItsOwnerAlone) {
  const auto base =
      add("needs: {memory: 96M}\nallow_save: true\naccess: {allow: {groups: [lab]}}\n");
  const auto saved = save(base, "mine", "17", "ann");
  const Manifest& manifest = saved.manifest;
  EXPECT_EQ(manifest.root.digest, base.manifest.root.digest);
  ASSERT_EQ(manifest.layers.size(), 1U);
  EXPECT_EQ(manifest.layers[0].size_bytes, 12U);
  EXPECT_EQ(read_file(Catalog(sample_.store()).file_path(*manifest.layers[0].digest), 64),
            "hsqs changes");
  EXPECT_EQ(manifest.owner, "ann");
  EXPECT_EQ(manifest.base, "tiny:1@" + base.digest.to_string());
  EXPECT_EQ(manifest.needs.memory_mib, 96U);
  EXPECT_EQ(describe(manifest.access), "users ann; groups lab");
  EXPECT_FALSE(saved.signature);
  EXPECT_EQ(format_manifest(parse_manifest(saved.bytes, "f")), saved.bytes);
  const auto again = save(saved, "mine", "18", "ann", "hsqs more");
  EXPECT_EQ(again.manifest.layers.size(), 2U);
  EXPECT_EQ(again.manifest.layers[0].digest, manifest.layers[0].digest);
  EXPECT_EQ(again.manifest.base, "mine:17@" + saved.digest.to_string());
}

TEST_F(SavedImageTest, TakesNobodyElsesName) {
  const auto base = add();
  save(base, "mine", "17", "ann");
  expect_error([&] { save(base, "tiny", "18", "ann"); }, ErrorKind::kDenied,
               "the name 'tiny' is that of an image of the site's; save under another name");
  expect_error([&] { save(base, "mine", "18", "bob"); }, ErrorKind::kDenied,
               "the name 'mine' is that of an image of user 'ann'; save under another name");
  expect_error([&] { save(base, "mine", "17", "ann", "hsqs other"); }, ErrorKind::kDenied,
               StartsWith("image mine:17 is registered already with other content"));
}

TEST_F(SavedImageTest, AUsersSavesAreCountedByTheirOwnLayers) {
  const auto base = add();
  EXPECT_EQ(saves_of_ann().count, 0U);
  const auto first = save(base, "mine", "17", "ann", "hsqs" + std::string(96, '1'));
  save(first, "mine", "18", "ann", "hsqs" + std::string(6, '2'));
  save(base, "other", "19", "bob");
  EXPECT_EQ(saves_of_ann().count, 2U);
  EXPECT_EQ(saves_of_ann().size_bytes, 110U);
}

TEST_F(SavedImageTest, TheirNumberAndSizeAreBounded) {
  const std::uint64_t mib = 1U << 20U;
  const std::string what_to_do =
      "; `workspace image saves` lists them, an administrator removes one by `workspace image "
      "remove`";
  const struct {
    std::uint64_t count_max;
    std::uint64_t size_max_mib;
    UserSaves saves;
    std::uint64_t size_bytes;
    std::string refusal;  ///< empty: there is room
  } cases[] = {
      {3, 10, {2, 10 * mib - 1}, 0, ""},
      {3, 10, {2, 9 * mib}, mib, ""},
      {0, 0, {100'000, mib << 20U}, mib << 20U, ""},
      {3,
       0,
       {3, 0},
       0,
       "you have 3 saved images, and this site keeps 3 of a user (user_saves_max)"},
      {1,
       10,
       {5, mib},
       1,
       "you have 5 saved images, and this site keeps 1 of a user (user_saves_max)"},
      {0,
       10,
       {2, 10 * mib},
       0,
       "your saved images hold 10M; this site keeps 10M of a user (user_saves_size_max)"},
      {3,
       10,
       {2, 9 * mib},
       mib + 1,
       "your saved images hold 9M, and 2M would be added; this site keeps 10M of a user "
       "(user_saves_size_max)"},
      {3,
       10,
       {0, 0},
       11 * mib,
       "your saved images hold 0M, and 11M would be added; this site keeps 10M of a user "
       "(user_saves_size_max)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.refusal);
    SiteConfig site;
    site.user_saves_max = c.count_max;
    site.user_saves_size_max_mib = c.size_max_mib;
    const auto check = [&] { check_room_for_save(site, c.saves, c.size_bytes); };
    if (c.refusal.empty()) {
      EXPECT_NO_THROW(check());
    } else {
      expect_error(check, ErrorKind::kExceeded, c.refusal + what_to_do);
    }
  }
}

/// Two jobs that end at once both were told that there is room.
TEST_F(SavedImageTest, TheBoundHoldsWhereTheLayerEntersTheStore) {
  const auto base = add();
  site_.user_saves_max = 1;
  save(base, "mine", "17", "ann");
  expect_error([&] { save(base, "mine", "18", "ann", "hsqs second"); }, ErrorKind::kExceeded,
               StartsWith("you have 1 saved images"));
  EXPECT_EQ(saves_of_ann().count, 1U);
  remove_image(sample_.store(), ImageName::parse("mine"), ImageVersion::parse("17"));
  EXPECT_NO_THROW(save(base, "mine", "18", "ann", "hsqs second"));
}

TEST_F(SavedImageTest, ARemovedImageTakesAlongWhatNoOtherHas) {
  const auto base = add();
  const auto first = save(base, "mine", "17", "ann", "hsqs first");
  const auto second = save(first, "mine", "18", "ann", "hsqs second");
  const Catalog catalog(sample_.store());
  const auto is_there = [&](const ImageFile& file) {
    return ::access(catalog.file_path(*file.digest).c_str(), F_OK) == 0;
  };
  const auto remove = [&](const char* name, const char* version) {
    return remove_image(sample_.store(), ImageName::parse(name), ImageVersion::parse(version));
  };
  EXPECT_EQ(remove("mine", "17").files, 0U) << "the second one has its layer";
  expect_error([&] { remove("mine", "17"); }, ErrorKind::kNotFound,
               StartsWith("image 'mine' has no version '17'"));
  EXPECT_TRUE(is_there(second.manifest.layers[0]));
  const auto removed = remove("mine", "18");
  EXPECT_EQ(removed.files, 2U);
  EXPECT_EQ(removed.size_bytes, 21U);
  EXPECT_FALSE(is_there(second.manifest.layers[0]));
  EXPECT_FALSE(is_there(second.manifest.layers[1]));
  EXPECT_TRUE(is_there(base.manifest.root));
  expect_error([&] { remove("mine", "18"); }, ErrorKind::kNotFound,
               StartsWith("image 'mine' is not registered"));
  EXPECT_EQ(::access((sample_.store() + "/images/mine").c_str(), F_OK), -1);
}

/// What a version that cannot be read has is not known: no file goes, but the damaged one can.
TEST_F(SavedImageTest, NothingIsTakenFromADamagedImage) {
  const auto base = add();
  save(base, "mine", "17", "ann");
  save(base, "mine", "18", "ann", "hsqs second");
  sample_.folder().write("store/images/mine/18/manifest.yaml.new", "name: [\n");
  ASSERT_EQ(::rename(sample_.folder().file("store/images/mine/18/manifest.yaml.new").c_str(),
                     sample_.folder().file("store/images/mine/18/manifest.yaml").c_str()),
            0);
  EXPECT_EQ(
      remove_image(sample_.store(), ImageName::parse("mine"), ImageVersion::parse("17")).files, 0U);
  EXPECT_EQ(
      remove_image(sample_.store(), ImageName::parse("mine"), ImageVersion::parse("18")).files, 0U);
  EXPECT_TRUE(Catalog(sample_.store()).versions(ImageName::parse("mine")).images.empty());
}

TEST_F(SavedImageTest, ImagesSayWhetherTheyMayBeSaved) {
  auto base = add();
  expect_error([&] { check_save_permitted(base.manifest); }, ErrorKind::kDenied,
               "image 'tiny:1' does not permit --workspace-save (allow_save in its manifest)");
  base.manifest.allow_save = true;
  EXPECT_NO_THROW(check_save_permitted(base.manifest));
  base.manifest.layers.resize(Manifest::kMaxLayers);
  expect_error([&] { check_save_permitted(base.manifest); }, ErrorKind::kDenied,
               StartsWith("image 'tiny:1' has 8 layers already, the most that an image can have"));
}

TEST_F(SavedImageTest, ALayerIsASquashfsWithANumber) {
  sample_.folder().write("image/one.squashfs", "hsqs1");
  sample_.folder().write("image/two.squashfs", "hsqs2");
  const auto image = add("layers:\n  2: {file: two.squashfs}\n  1: {file: one.squashfs}\n");
  ASSERT_EQ(image.manifest.layers.size(), 2U);
  EXPECT_EQ(image.manifest.layers[0].path, "one.squashfs");
  sample_.folder().write("image/none.squashfs", "text");
  const struct {
    const char* layers;
    const char* message;
  } cases[] = {
      {"{1: {file: none.squashfs}}", "none.squashfs is not a file system of the format squashfs"},
      {"{0: {file: one.squashfs}}", ":4: layers are numbered from 1 to 8"},
      {"{x: {file: one.squashfs}}", ":4: layers are numbered from 1 to 8"},
      {"{9: {file: one.squashfs}}", ":4: layers are numbered from 1 to 8"},
      {"{2: {file: one.squashfs}}", ":4: key '1' is missing"},
      {"{1: {file: one.squashfs, format: ext4}}", ":4: unknown key 'format'"},
      {"{1: one.squashfs}", ":4: key '1' takes a map, not one value"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.layers);
    expect_error([&] { add(std::string("layers: ") + c.layers + "\n"); }, ErrorKind::kInvalid,
                 ::testing::HasSubstr(c.message));
  }
}

TEST_F(SavedImageTest, UsersAreToldOfTheirNewestSaves) {
  add();
  EXPECT_TRUE(read_saves(sample_.store(), 2001).empty());
  for (std::uint32_t number = 1; number <= kMostSavesKept + 5; ++number) {
    SaveEntry entry{JobId(number)};
    entry.time = parse_utc_time("2026-11-25", "now");
    entry.node = "node1";
    entry.image = "mine:" + std::to_string(number);
    entry.fault = number % 2 == 0 ? "a disk\nis full" : "";
    append_save(sample_.store(), 2001, entry, Deadline::in(std::chrono::minutes(1)));
  }
  const auto saves = read_saves(sample_.store(), 2001);
  ASSERT_EQ(saves.size(), kMostSavesKept);
  EXPECT_EQ(saves.front().image, "mine:6");
  EXPECT_EQ(saves.front().fault, "a disk\\x0ais full");
  EXPECT_EQ(saves.back().fault, "");
  EXPECT_TRUE(read_saves(sample_.store(), 2002).empty());
}

}  // namespace
}  // namespace workspace
