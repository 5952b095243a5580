#include "libworkspace/lifecycle/catalog_fetch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/process.h"
#include "libworkspace/catalog/manifest_file.h"
#include "libworkspace/catalog/publication.h"
#include "libworkspace/image/download.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SampleImage;
using ::testing::StartsWith;
using testing::TemporaryFolder;

/// A site that publishes, and one that fetches.
class CatalogFetch : public ::testing::Test {
 protected:
  CatalogFetch() {
    // The fetch reads as nobody.
    ::chmod(there_.folder().path().c_str(), 0755);
    ::chmod(here_.path().c_str(), 0755);
    site_.store = here_.file("store");
    fs::create_directories(site_.store);
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
    fs::remove(path);
    write_file_atomic(path, content, 0644);
  }

  /// Nothing of a fetch that was refused may be in the store.
  void expect_empty_store() const {
    EXPECT_TRUE(Catalog(site_.store).list().images.empty());
    if (!fs::exists(site_.store + "/files")) return;
    for (const auto& entry : fs::directory_iterator(site_.store + "/files"))
      EXPECT_TRUE(entry.path().filename().string().starts_with(".")) << entry.path();
  }

  SampleImage there_;
  TemporaryFolder here_;
  SiteConfig site_;
  minisign::SecretKey secret_ = minisign::SecretKey::generate();
  UtcTime now_ = utc_now();
};

TEST_F(CatalogFetch, BringsTheVeryImageUnapproved) {
  publish();
  const auto fetched = fetch();
  EXPECT_EQ(fetched.name, "partner");
  EXPECT_TRUE(fetched.is_new);
  EXPECT_EQ(fetched.snapshot.number, 1U);
  EXPECT_THAT(fetched.since.added, ElementsAre("tiny:1"));
  expect_empty_store();
  EXPECT_EQ(state_of(fetched.index.images[0], Catalog(site_.store)), EntryState::kNew);
  const auto image = bring(fetched);
  EXPECT_EQ(image.digest, Catalog(there_.store()).resolve(ImageRef::parse("tiny")).digest);
  EXPECT_FALSE(image.signature);
  EXPECT_EQ(read_file(Catalog(site_.store).file_path(*image.manifest.root.digest), 64),
            "hsqsfirst");
  EXPECT_EQ(state_of(fetched.index.images[0], Catalog(site_.store)), EntryState::kHere);
  EXPECT_FALSE(fs::exists(site_.catalogs + "/partner/files/.partial-" +
                          image.manifest.root.digest->file_name()));
}

TEST_F(CatalogFetch, SnapshotsTellWhatIsNewChangedAndGone) {
  add("two", "1", "second");
  publish();
  const auto first = fetch();
  EXPECT_FALSE(fetch().is_new) << "the same index is the same snapshot";
  fs::remove_all(there_.store() + "/images/tiny");
  fs::remove_all(there_.store() + "/images/two");
  add("two", "1", "other");
  add("three", "1", "third");
  publish();
  const auto second = fetch();
  EXPECT_EQ(second.snapshot.number, 2U);
  EXPECT_THAT(second.since.added, ElementsAre("three:1"));
  EXPECT_THAT(second.since.changed, ElementsAre("two:1"));
  EXPECT_THAT(second.since.gone, ElementsAre("tiny:1"));
  const CatalogSnapshots snapshots(site_.catalogs, "partner");
  EXPECT_THAT(snapshots.numbers(), ElementsAre(1U, 2U));
  EXPECT_EQ(snapshots.read(1).digest(), first.snapshot.digest());
  EXPECT_EQ(snapshots.read(2).manifests.size(), 2U);
  expect_error([&] { (void)snapshots.read(3); }, ErrorKind::kNotFound,
               "the catalogue 'partner' has no snapshot 3; there are 1, 2");
  // What the newest publication dropped can be had from the one before it.
  EXPECT_EQ(bring(first).manifest.name.text(), "tiny");
}

TEST_F(CatalogFetch, AnImageOfOtherContentStays) {
  publish();
  bring(fetch());
  fs::remove_all(there_.store() + "/images/tiny");
  add("tiny", "1", "other");
  publish();
  const auto fetched = fetch();
  EXPECT_EQ(state_of(fetched.index.images[0], Catalog(site_.store)), EntryState::kDiffers);
  expect_error([&] { (void)bring(fetched); }, ErrorKind::kDenied,
               StartsWith("image tiny:1 is registered already with other content"));
}

TEST_F(CatalogFetch, OlderIndicesAreRefused) {
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

TEST_F(CatalogFetch, TamperedCataloguesAreRefused) {
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
       [&] {
         here_.write("secret", good_manifest);
         ::chmod(here_.file("secret").c_str(), 0600);
         fs::remove(manifest);
         fs::create_symlink(here_.file("secret"), manifest);
       },
       ErrorKind::kNotFound, "fetching "},
      {"a folder in the manifest's place",
       [&] {
         fs::remove(manifest);
         fs::create_directory(manifest);
       },
       ErrorKind::kDenied, "image tiny:1 of the catalogue: its manifest has the digest "},
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

TEST_F(CatalogFetch, TamperedFilesAreRefusedAndForgotten) {
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
      {"a link to what only root reads",
       [&] {
         here_.write("secret", "hsqsfirst");
         ::chmod(here_.file("secret").c_str(), 0600);
         fs::remove(file);
         fs::create_symlink(here_.file("secret"), file);
       },
       ErrorKind::kNotFound, "fetching "},
      {"a link to other content",
       [&] {
         here_.write("other", "hsqsother");
         fs::remove(file);
         fs::create_symlink(here_.file("other"), file);
       },
       ErrorKind::kDenied, "image tiny:1 is not what the index says: root ("},
      {"a folder",
       [&] {
         fs::remove(file);
         fs::create_directory(file);
       },
       ErrorKind::kDenied, "image tiny:1 is not what the index says: tiny:1, root has"},
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

TEST_F(CatalogFetch, ALateDistrustCounts) {
  publish();
  const auto fetched = fetch();
  Revocations revocations;
  revocations.keys.emplace(secret_.public_key().id, "it was stolen");
  write_revocations(site_.catalog_keys, revocations);
  expect_error([&] { (void)bring(fetched); }, ErrorKind::kDenied,
               HasSubstr("is revoked: it was stolen"));
  expect_empty_store();
}

TEST_F(CatalogFetch, LargeImagesAndForeignNamesAreRefused) {
  add("other", "1", "second");
  publish();
  expect_error([&] { (void)fetch(); }, ErrorKind::kDenied,
               "image other:1 of the catalogue: the catalogue 'partner' may bring t*");
  fs::remove_all(there_.store() + "/images/other");
  publish();
  const auto fetched = fetch();
  FetchOptions options;
  options.max_image_bytes = 8;
  expect_error([&] { (void)bring(fetched, 0, options); }, ErrorKind::kExceeded,
               "image tiny:1 has 9 bytes, and 8 are the most (--max-size)");
}

/// What an earlier try has brought is continued, and what it should not be is found out.
TEST_F(CatalogFetch, AnInterruptedDownloadGoesOn) {
  publish();
  const auto fetched = fetch();
  const Digest digest = fetched.index.files.begin()->first;
  const std::string file = published_file("files", digest);
  const std::string folder = site_.catalogs + "/partner/files";
  fs::create_directories(folder);
  ::chmod(folder.c_str(), 0700);
  // The first half is here, and the server has only the second one any more.
  {
    const UniqueFd partial = open_partial(folder, digest.file_name());
    write_all(partial.get(), "hsqsf", "the first half");
  }
  overwrite(file, std::string(5, 'X') + "irst");
  EXPECT_NO_THROW(bring(fetched)) << "five bytes were not fetched again";
}

/// A web server that serves the published folder as long as it lives; its URL.
class WebServer {
 public:
  WebServer(const std::string& folder, const std::string& port_file) {
    static constexpr char kServer[] =
        "import functools, http.server, os, sys\n"
        "handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), handler)\n"
        "open(sys.argv[2] + '.new', 'w').write(str(server.server_port))\n"
        "os.rename(sys.argv[2] + '.new', sys.argv[2])\n"
        "server.serve_forever()\n";
    Command command;
    command.argv = {"python3", "-c", kServer, folder, port_file};
    pid_ = start_detached(command, "");
    const auto deadline = Deadline::in(std::chrono::minutes(1));
    while (!fs::exists(port_file) && !deadline.passed())
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    url_ = "http://127.0.0.1:" + read_file(port_file, 16);
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  pid_t pid_ = -1;
  std::string url_;
};

/// This server cannot continue a download, so what was begun is fetched anew.
TEST_F(CatalogFetch, ComesOverHttp) {
  publish();
  const WebServer server(published(), here_.file("port"));
  const auto fetched = fetch_catalog(site_, parse_source_url(server.url()), {});
  const Digest digest = fetched.index.files.begin()->first;
  const std::string folder = site_.catalogs + "/partner/files";
  fs::create_directories(folder);
  ::chmod(folder.c_str(), 0700);
  {
    const UniqueFd partial = open_partial(folder, digest.file_name());
    write_all(partial.get(), "XXXX", "what was begun");
  }
  EXPECT_EQ(bring(fetched).manifest.name.text(), "tiny");
  expect_error([&] { (void)fetch_catalog(site_, server.url() + "/none", {}); },
               ErrorKind::kNotFound,
               HasSubstr("/none/index: curl: (22) The requested URL returned error: 404"));
  expect_error([&] { (void)fetch_catalog(site_, "http://127.0.0.1:1", {}); }, ErrorKind::kHost,
               HasSubstr("Failed to connect"));
}

TEST_F(CatalogFetch, APartialFileIsNoWayIn) {
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

TEST_F(CatalogFetch, PublishingAgainKeepsTheLastFilesAndRemovesOlder) {
  const auto first = publish();
  const std::string old_file = published_file("files", first.files.begin()->first);
  fs::remove_all(there_.store() + "/images/tiny");
  add("tiny", "2", "second");
  const auto second = publish();
  EXPECT_GT(second.number, first.number);
  EXPECT_TRUE(fs::exists(old_file));
  publish();
  EXPECT_FALSE(fs::exists(old_file));
  EXPECT_TRUE(fs::exists(published_file("files", second.files.begin()->first)));
  // A damaged store is not published.
  add("three", "1", "third");
  const auto image = Catalog(there_.store()).resolve(ImageRef::parse("three"));
  overwrite(Catalog(there_.store()).file_path(*image.manifest.root.digest), "hsqsnoise");
  expect_error([&] { publish(); }, ErrorKind::kInvalid, HasSubstr(" is damaged; register"));
}

TEST(DownloadSource, IsAUrlOrAPath) {
  EXPECT_EQ(parse_source_url("https://site.example/catalogue/"), "https://site.example/catalogue");
  EXPECT_EQ(parse_source_url("http://site.example:8080/a"), "http://site.example:8080/a");
  EXPECT_EQ(parse_source_url("/srv/a b"), "file:///srv/a%20b");
  EXPECT_EQ(parse_source_url("file:///srv/a"), "file:///srv/a");
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "'' is neither a https:, http: or file: URL nor an absolute path"},
      {"srv/a", "'srv/a' is neither "},
      {"ftp://site.example/a", "'ftp://site.example/a' is neither "},
      {"scp://site.example/a", "'scp://site.example/a' is neither "},
      {"HTTPS://site.example/a", "'HTTPS://site.example/a' is neither "},
      {"file://elsewhere/a", "'file://elsewhere/a' is neither "},
      {"-K/etc/passwd", "'-K/etc/passwd' is neither "},
      {"https://me:secret@site.example/a", "'https://me:secret@site.example/a' names a user"},
      {"https://site.example/a?b=c", "'https://site.example/a?b=c' has a character that"},
      {"https://site.example/a#b", "'https://site.example/a#b' has a character that"},
      {"https://site.example/{a,b}", "'https://site.example/{a,b}' has a character that"},
      {"https://site.example/[1-9]", "'https://site.example/[1-9]' has a character that"},
      {"https://site.example/a b", "'https://site.example/a b' has a character that"},
      {"https://site.example/a\nb", "'https://site.example/a\\x0ab' has a character that"},
      {"https://", "'https://' names no place"},
      {"https://site.example/" + std::string(3000, 'a'), "'https://site.example/aaa"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error([&] { (void)parse_source_url(c.text); }, ErrorKind::kInvalid,
                 StartsWith(c.message));
  }
}

}  // namespace
}  // namespace workspace
