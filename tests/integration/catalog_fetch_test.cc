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
#include "libworkspace/image/download.h"
#include "tests/integration/catalog_sites.h"
#include "tests/support/expect_error.h"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CatalogFetch : public CatalogSites {};

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

}  // namespace
}  // namespace workspace
