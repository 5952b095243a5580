#include "libworkspace/catalog/catalog_index.h"

#include <gtest/gtest.h>

#include "libworkspace/catalog/manifest_file.h"
#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using ::testing::AnyOf;
using testing::error_of;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kDigestA[] =
    "sha256:0000000000000000000000000000000000000000000000000000000000000001";
constexpr char kDigestB[] =
    "sha256:0000000000000000000000000000000000000000000000000000000000000002";
const std::string kHeader = "format=workspace-catalog-1 number=7 made=2026-11-25T10:00:00Z\n";
const std::string kFileA = std::string("file=") + kDigestA + " size_bytes=10\n";
const std::string kFileB = std::string("file=") + kDigestB + " size_bytes=20\n";

std::string image(const std::string& name, const std::string& version,
                  const std::string& digest = kDigestA, const std::string& size = "300") {
  return "image=" + name + " version=" + version + " manifest=" + digest + " size_bytes=" + size +
         "\n";
}

TEST(CatalogIndex, IsReadAsItIsWritten) {
  const std::string text = kHeader + kFileA + kFileB + image("a", "1") + image("a", "2") +
                           image("b", "1.0-rc1", kDigestB, "1048576");
  const auto index = CatalogIndex::parse(text);
  EXPECT_EQ(index.number, 7U);
  EXPECT_EQ(format_utc_time(index.made), "2026-11-25T10:00:00Z");
  EXPECT_EQ(index.files.size(), 2U);
  ASSERT_EQ(index.images.size(), 3U);
  EXPECT_EQ(index.images[2].title(), "b:1.0-rc1");
  EXPECT_EQ(index.images[2].manifest.to_string(), kDigestB);
  EXPECT_EQ(index.to_text(), text);
  EXPECT_EQ(index.find(ImageName::parse("a"), ImageVersion::parse("2")), &index.images[1]);
  EXPECT_EQ(index.find(ImageName::parse("a"), ImageVersion::parse("3")), nullptr);
  EXPECT_TRUE(CatalogIndex::parse(kHeader).images.empty());
}

TEST(CatalogIndex, RefusesWithPlaceAndReason) {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::string long_name(65, 'a');
  for (const auto& [text, message] : {
           Case{"", "index: it does not end with a line's end"},
           Case{"\n", "index:1: this is no index of a catalogue"},
           Case{"name: tiny\n", "index:1: 'name:' is not NAME=VALUE"},
           Case{kFileA, "index:1: this is no index of a catalogue"},
           Case{"format=workspace-catalog-2 number=7 made=2026-11-25T10:00:00Z\n",
                "index:1: the format 'workspace-catalog-2' is not known"},
           Case{"format=workspace-catalog-1 made=2026-11-25T10:00:00Z\n",
                "index:1: field 'number' is missing"},
           Case{"format=workspace-catalog-1 number=-7 made=2026-11-25T10:00:00Z\n",
                "index:1: field 'number' is '-7', not a whole number"},
           Case{
               "format=workspace-catalog-1 number=18446744073709551616 made=2026-11-25T10:00:00Z\n",
               "index:1: field 'number' is '18446744073709551616', not a whole number"},
           Case{"format=workspace-catalog-1 number=7 made=yesterday\n",
                "index:1: made 'yesterday' is not a time"},
           Case{kHeader.substr(0, kHeader.size() - 1) + " more=1\n",
                "index:1: field 'more' is not known"},
           Case{kHeader + kFileA.substr(0, kFileA.size() - 1), "index: it does not end with"},
           Case{kHeader + "\n", "index:2: field 'image' is missing"},
           Case{kHeader + kHeader, "index:2: field 'image' is missing"},
           Case{kHeader + kFileB + kFileA, "index:3: the files are not in order, or one is given"},
           Case{kHeader + kFileA + kFileA, "index:3: the files are not in order, or one is given"},
           Case{kHeader + image("a", "1") + kFileA, "index:3: a file stands behind an image"},
           Case{kHeader + image("b", "1") + image("a", "1"),
                "index:3: the images are not in order"},
           Case{kHeader + image("a", "1") + image("a", "1", kDigestB),
                "index:3: the images are not in order, or one is given twice"},
           Case{kHeader + "file=sha256:00 size_bytes=1\n", "index:2: 'sha256:00' is not a digest"},
           Case{kHeader + "file=sha512:00 size_bytes=1\n", "index:2: 'sha512:00' is not a digest"},
           Case{kHeader + "file=../../etc/shadow size_bytes=1\n",
                "index:2: '../../etc/shadow' is not a digest"},
           Case{kHeader + "file=" + kDigestA + "\n", "index:2: field 'size_bytes' is missing"},
           Case{kHeader + "file=" + kDigestA + " size_bytes=-1\n",
                "index:2: field 'size_bytes' is '-1'"},
           // An exbibyte: more than any file may have.
           Case{kHeader + "file=" + kDigestA + " size_bytes=1152921504606846976\n",
                "index:2: field 'size_bytes' is '1152921504606846976', not a whole number up to"},
           Case{kHeader + "file=" + kDigestA + " size_bytes=1 path=x\n",
                "index:2: field 'path' is not known"},
           Case{kHeader + "file=" + kDigestA + " file=" + kDigestB + " size_bytes=1\n",
                "index:2: field 'file' is given twice"},
           Case{kHeader + image("../x", "1"), "index:2: image name '../x' has the character '.'"},
           Case{kHeader + image("a/b", "1"), "index:2: image name 'a/b' has the character '/'"},
           Case{kHeader + image("A", "1"), "index:2: image name 'A' has the character 'A'"},
           Case{kHeader + image(long_name, "1"), "index:2: image name '"},
           Case{kHeader + image("a", "../1"), "index:2: image version '../1' has the character"},
           Case{kHeader + image("a", ""), "index:2: image version '' is empty"},
           Case{kHeader + image("a", "1", "sha256:zz"), "index:2: 'sha256:zz' is not a digest"},
           Case{kHeader + image("a", "1", kDigestA, "1048577"),
                "index:2: field 'size_bytes' is '1048577', not a whole number up to 1048576"},
           Case{kHeader + image("a%0A", "1"), "index:2: image name 'a\\x0a' has the character"},
           // The same meaning in other bytes.
           Case{"number=7 format=workspace-catalog-1 made=2026-11-25T10:00:00Z\n",
                "index: it is not in the form of an index"},
           Case{"format=workspace-catalog-1 number=07 made=2026-11-25T10:00:00Z\n",
                "index: it is not in the form of an index"},
           Case{"format=workspace-catalog-1 number=7 made=2026-11-25\n",
                "index: it is not in the form of an index"},
       }) {
    SCOPED_TRACE(text);
    expect_error([&] { (void)CatalogIndex::parse(text); }, ErrorKind::kInvalid,
                 StartsWith(message));
  }
  expect_error([&] { (void)CatalogIndex::parse(std::string(kMaxIndexBytes + 1, '\n')); },
               ErrorKind::kInvalid, "index: it has 16777217 bytes; at most 16777216 are allowed");
}

/// A signed index of one image, and the key that this site trusts for it.
class SignedIndex : public ::testing::Test {
 protected:
  SignedIndex() {
    trusted_.keys.push_back({"partner", secret_.public_key(), {"a*"}, {}});
    bytes_ = kHeader + kFileA;
    signature_ = secret_.sign(bytes_, "timestamp:1764064800").to_text();
  }

  const TrustedKey& check() { return check_index_signature(bytes_, signature_, trusted_, now_); }
  void expect_refused(const std::string& why) {
    expect_error([&] { (void)check(); }, ErrorKind::kDenied,
                 StartsWith("the index is not trusted: " + why));
  }

  minisign::SecretKey secret_ = minisign::SecretKey::generate();
  TrustedKeys trusted_;
  UtcTime now_ = parse_utc_time("2026-11-25T12:00:00Z", "now");
  std::string bytes_;
  std::string signature_;
};

TEST_F(SignedIndex, NamesTheCatalogueByItsKey) { EXPECT_EQ(check().name, "partner"); }

TEST_F(SignedIndex, EveryChangedByteIsSeen) {
  const std::string good = bytes_;
  for (std::size_t at = 0; at < good.size(); ++at) {
    bytes_ = good;
    bytes_[at] = static_cast<char>(bytes_[at] ^ 1);
    expect_refused("its signature is not one of this content by that key");
  }
  bytes_ = good + kFileB;
  expect_refused("its signature is not one of this content by that key");
  bytes_ = "";
  expect_refused("its signature is not one of this content by that key");
}

TEST_F(SignedIndex, EveryChangedByteOfTheSignatureIsSeen) {
  const std::string good = signature_;
  for (std::size_t at = good.find('\n') + 1; at < good.size(); ++at) {
    signature_ = good;
    signature_[at] = static_cast<char>(signature_[at] ^ 4);
    SCOPED_TRACE(signature_);
    const auto error = error_of([&] { (void)check(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::kDenied);
    EXPECT_THAT(error->text(), AnyOf(StartsWith("the index is not trusted: its signature "),
                                     StartsWith("the index is not trusted: it is signed by")));
  }
}

TEST_F(SignedIndex, KeysHaveTheirLimits) {
  const std::string id = secret_.public_key().id.to_string();
  trusted_.keys[0].expires = parse_utc_time("2026-11-25T12:00:00Z", "expires");
  expect_refused("key 'partner' expired at 2026-11-25T12:00:00Z");
  trusted_.keys[0].expires.reset();
  trusted_.revocations.keys.emplace(secret_.public_key().id, "it was stolen");
  expect_refused("its key " + id + " is revoked: it was stolen");
  trusted_ = TrustedKeys();
  expect_refused("it is signed by the key " + id +
                 ", which this site does not trust for catalogues; see `workspace catalog trust`");
  signature_ = minisign::SecretKey::generate().sign(bytes_, "").to_text();
  expect_refused("it is signed by the key ");
}

/// Entries and what comes as their manifest.
TEST(CatalogEntry, IsCheckedAgainstTheIndex) {
  const std::string text = format_manifest(parse_manifest(
      std::string(
          "name: a1\nversion: 1\nroot: {file: ../x/r.squashfs, format: squashfs, digest: ") +
          kDigestA + ", size: 10}\n",
      "f"));
  CatalogIndex index;
  index.files.emplace(Digest::parse(kDigestA), 10);
  const TrustedKey key{"partner", minisign::SecretKey::generate().public_key(), {"a*"}, {}};
  const auto entry_of = [](const std::string& name, const std::string& version,
                           const std::string& bytes) {
    return CatalogEntry{ImageName::parse(name), ImageVersion::parse(version),
                        manifest_digest(bytes), bytes.size()};
  };
  EXPECT_EQ(check_entry(entry_of("a1", "1", text), text, index, key).root.size_bytes, 10U);

  const auto expect_refused = [&](const CatalogEntry& entry, const std::string& bytes,
                                  const CatalogIndex& by, const std::string& why) {
    SCOPED_TRACE(why);
    expect_error([&] { (void)check_entry(entry, bytes, by, key); }, ErrorKind::kDenied,
                 StartsWith("image " + entry.title() + " of the catalogue: " + why));
  };
  const auto good = entry_of("a1", "1", text);
  expect_refused(good, text + "#", index, "its manifest has the digest ");
  expect_refused(good, "", index, "its manifest has the digest ");
  expect_refused(entry_of("a2", "1", text), text, index, "its manifest is that of a1:1");
  expect_refused(entry_of("a1", "2", text), text, index, "its manifest is that of a1:1");
  expect_refused(good, text, CatalogIndex(), "the index does not have its root");
  CatalogIndex larger = index;
  larger.files.begin()->second = 11;
  expect_refused(good, text, larger, "its manifest says that its root has 10 bytes, the index 11");
  const std::string loose = text + "# a comment\n";
  expect_refused(entry_of("a1", "1", loose), loose, index,
                 "its manifest is not in the canonical form");
  const std::string broken = "name: [\n";
  expect_refused(entry_of("a1", "1", broken), broken, index, "manifest:1: ");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return other;
  };
  const std::string owned = changed("description: \"\"\n", "description: \"\"\nowner: \"root\"\n");
  expect_refused(entry_of("a1", "1", owned), owned, index, "it is what a user's job has saved");
  const std::string foreign = changed("name: \"a1\"", "name: \"b1\"");
  expect_refused(entry_of("b1", "1", foreign), foreign, index,
                 "the catalogue 'partner' may bring a*");
  const std::string bare =
      "name: \"a1\"\nversion: \"1\"\ndescription: \"\"\nroot:\n  file: \"r\"\n  format: squashfs\n"
      "boot: agent\nneeds:\n  memory: 0M\n  vcpus: 1\n  disk: 0M\n";
  expect_refused(entry_of("a1", "1", bare), bare, index, "the index does not have its root");
}

}  // namespace
}  // namespace workspace
