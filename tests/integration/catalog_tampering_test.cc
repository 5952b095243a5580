#include <gtest/gtest.h>

#include <filesystem>

#include "libworkspace/catalog/manifest_file.h"
#include "tests/integration/catalog_sites.h"
#include "tests/support/expect_error.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// What another site, or somebody on the way, may have put in an image's place.
class CatalogTampering : public CatalogSites {};

TEST_F(CatalogTampering, OlderIndicesAreRefused) {
  const auto old_number = publish().number;
  const std::string old_index = read_file(published() + "/index", kMaxIndexBytes);
  const std::string old_signature = read_file(published() + "/index.minisig", 4096);
  (void)fetch();
  add("two", "1", "second");
  const auto new_number = publish().number;
  (void)fetch();
  overwrite(published() + "/index", old_index);
  overwrite(published() + "/index.minisig", old_signature);
  expect_error([&] { (void)fetch(); }, ErrorKind::kDenied,
               "the index of the catalogue 'partner' has the number " + std::to_string(old_number) +
                   ", and " + std::to_string(new_number) +
                   " was seen before: somebody shows an older catalogue than there is");
  // Also when the snapshots themselves are gone.
  fs::remove_all(site_.catalogs + "/partner/2");
  expect_error([&] { (void)fetch(); }, ErrorKind::kDenied, HasSubstr("was seen before"));
  // Another index of a number that was seen, well signed.
  auto forged = CatalogIndex::parse(old_index);
  forged.number = new_number;
  overwrite(published() + "/index", forged.to_text());
  overwrite(published() + "/index.minisig", secret_.sign(forged.to_text(), "x").to_text());
  expect_error([&] { (void)fetch(); }, ErrorKind::kDenied,
               HasSubstr("another index of this number was seen before"));
}

TEST_F(CatalogTampering, TamperedCataloguesAreRefused) {
  const auto index = publish();
  const std::string good_index = read_file(published() + "/index", kMaxIndexBytes);
  const std::string good_signature = read_file(published() + "/index.minisig", 4096);
  const std::string manifest = published_file("manifests", index.images[0].manifest);
  const std::string good_manifest = read_file(manifest, kMaxManifestBytes);
  const auto sign = [&](const std::string& bytes) {
    overwrite(published() + "/index", bytes);
    overwrite(published() + "/index.minisig", secret_.sign(bytes, "x").to_text());
  };
  const struct {
    const char* name;
    std::function<void()> tamper;
    ErrorKind kind;
    std::string message;
  } cases[] = {
      {"a byte of the index", [&] { overwrite(published() + "/index", good_index + "\n"); },
       ErrorKind::kDenied, "the index is not trusted: its signature is not one of this content"},
      {"an empty index", [&] { overwrite(published() + "/index", ""); }, ErrorKind::kDenied,
       "the index is not trusted: its signature is not one of this content"},
      {"no index", [&] { fs::remove(published() + "/index"); }, ErrorKind::kNotFound, "fetching "},
      {"no signature", [&] { fs::remove(published() + "/index.minisig"); }, ErrorKind::kNotFound,
       "fetching "},
      {"a signature that is none", [&] { overwrite(published() + "/index.minisig", "x\n"); },
       ErrorKind::kDenied, "the index is not trusted: its signature is malformed"},
      {"the signature of another key",
       [&] {
         overwrite(published() + "/index.minisig",
                   minisign::SecretKey::generate().sign(good_index, "x").to_text());
       },
       ErrorKind::kDenied, "the index is not trusted: it is signed by the key "},
      {"a signature of 100 MiB",
       [&] { overwrite(published() + "/index.minisig", std::string(100 << 20, 'x')); },
       ErrorKind::kExceeded, "fetching "},
      {"an index of 17 MiB",
       [&] { overwrite(published() + "/index", std::string(17 << 20, '\n')); },
       ErrorKind::kExceeded, "fetching "},
      {"a signed text that is no index", [&] { sign("name: tiny\n"); }, ErrorKind::kDenied,
       "the index is signed, and malformed: index:1: 'name:' is not NAME=VALUE"},
      {"a signed index with a path",
       [&] { sign(good_index + "file=../../etc/shadow size_bytes=1\n"); }, ErrorKind::kDenied,
       "the index is signed, and malformed: index:4: "},
      {"a signed index with an absurd size",
       [&] {
         std::string bytes = good_index;
         bytes.replace(bytes.find("size_bytes=9"), 12, "size_bytes=1152921504606846976");
         sign(bytes);
       },
       ErrorKind::kDenied, "the index is signed, and malformed: index:2: field 'size_bytes'"},
      {"a signed index without the file",
       [&] {
         auto other = index;
         other.files.clear();
         sign(other.to_text());
       },
       ErrorKind::kDenied, "image tiny:1 of the catalogue: the index does not have its root"},
      {"a signed index with another size",
       [&] {
         auto other = index;
         other.files.begin()->second = 1;
         sign(other.to_text());
       },
       ErrorKind::kDenied, "image tiny:1 of the catalogue: its manifest says that its root has 9"},
      {"no manifest", [&] { fs::remove(manifest); }, ErrorKind::kNotFound, "fetching "},
      {"a larger manifest", [&] { overwrite(manifest, good_manifest + "#"); }, ErrorKind::kExceeded,
       "fetching "},
      {"another manifest of the same size",
       [&] {
         std::string bytes = good_manifest;
         bytes[bytes.size() - 3] = '9';
         overwrite(manifest, bytes);
       },
       ErrorKind::kDenied, "image tiny:1 of the catalogue: its manifest has the digest "},
      {"a shorter manifest", [&] { overwrite(manifest, good_manifest.substr(1)); },
       ErrorKind::kDenied, "image tiny:1 of the catalogue: its manifest has the digest "},
      {"a link to a secret in the manifest's place",
       [&] { replace_by_link(manifest, good_manifest, 0600); }, ErrorKind::kNotFound, "fetching "},
      {"a folder in the manifest's place", [&] { replace_by_folder(manifest); }, ErrorKind::kDenied,
       "image tiny:1 of the catalogue: its manifest has the digest "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    c.tamper();
    expect_error([&] { (void)fetch(); }, c.kind, StartsWith(c.message));
    expect_empty_store();
    EXPECT_THAT(CatalogSnapshots(site_.catalogs, "partner").numbers(), IsEmpty());
    fs::remove_all(site_.catalogs);
    fs::remove_all(manifest);
    overwrite(manifest, good_manifest);
    overwrite(published() + "/index", good_index);
    overwrite(published() + "/index.minisig", good_signature);
  }
  EXPECT_TRUE(fetch().is_new);
}

TEST_F(CatalogTampering, TamperedFilesAreRefusedAndForgotten) {
  publish();
  const auto fetched = fetch();
  const Digest digest = fetched.index.files.begin()->first;
  const std::string file = published_file("files", digest);
  const std::string partial = site_.catalogs + "/partner/files/.partial-" + digest.file_name();
  const struct {
    const char* name;
    std::function<void()> tamper;
    ErrorKind kind;
    std::string message;
  } cases[] = {
      {"swapped", [&] { overwrite(file, "hsqsother"); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: root ("},
      {"no file system", [&] { overwrite(file, "evilother"); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: root ("},
      {"shorter", [&] { overwrite(file, "hsqs"); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: tiny:1, root has 4 bytes, not 9"},
      {"empty", [&] { overwrite(file, ""); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: tiny:1, root has 0 bytes, not 9"},
      {"longer", [&] { overwrite(file, "hsqsfirst and more"); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: fetching "},
      {"missing", [&] { fs::remove(file); }, ErrorKind::kNotFound, "fetching "},
      {"a link to what only root reads", [&] { replace_by_link(file, "hsqsfirst", 0600); },
       ErrorKind::kNotFound, "fetching "},
      {"a link to other content", [&] { replace_by_link(file, "hsqsother", 0644); },
       ErrorKind::kDenied, "image tiny:1 is not what the index says: root ("},
      {"a folder", [&] { replace_by_folder(file); }, ErrorKind::kDenied,
       "image tiny:1 is not what the index says: tiny:1, root has"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    c.tamper();
    expect_error([&] { (void)bring(fetched); }, c.kind, StartsWith(c.message));
    expect_empty_store();
    EXPECT_FALSE(c.kind == ErrorKind::kDenied && fs::exists(partial));
    fs::remove_all(file);
    overwrite(file, "hsqsfirst");
  }
  EXPECT_NO_THROW(bring(fetched));
}

TEST_F(CatalogTampering, ALateDistrustCounts) {
  publish();
  const auto fetched = fetch();
  Revocations revocations;
  revocations.keys.emplace(secret_.public_key().id, "it was stolen");
  write_revocations(site_.catalog_keys, revocations);
  expect_error([&] { (void)bring(fetched); }, ErrorKind::kDenied,
               HasSubstr("is revoked: it was stolen"));
  expect_empty_store();
}

TEST_F(CatalogTampering, APartialFileIsNoWayIn) {
  publish();
  const auto fetched = fetch();
  const Digest digest = fetched.index.files.begin()->first;
  const std::string folder = site_.catalogs + "/partner/files";
  const std::string partial = folder + "/.partial-" + digest.file_name();
  fs::create_directories(folder);
  ::chmod(folder.c_str(), 0700);
  here_.write("victim", "precious");
  fs::create_symlink(here_.file("victim"), partial);
  EXPECT_NO_THROW(bring(fetched));
  EXPECT_EQ(read_file(here_.file("victim"), 64), "precious");
  fs::remove_all(site_.store + "/images");
  fs::remove_all(site_.store + "/files");
  fs::create_hard_link(here_.file("victim"), partial);
  EXPECT_NO_THROW(bring(fetched));
  EXPECT_EQ(read_file(here_.file("victim"), 64), "precious");
  struct stat info {};
  ASSERT_EQ(::stat(here_.file("victim").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
}

}  // namespace
}  // namespace workspace
