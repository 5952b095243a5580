#include "cli/deed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/registration.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/unit/cli/run_workspace.h"

namespace workspace::cli {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using testing::run;
using testing::SiteTest;

/// What workspace(1) says of answers in JSON.
std::string manual_section() {
  const std::string text =
      read_file(std::string(testing::kSourceDir) + "/docs/workspace.1", 1 << 20);
  const auto begin = text.find("\n.SH JSON\n");
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find("\n.SH ", begin + 1) - begin);
}

/// A site whose every folder is its own.
class DeedTest : public SiteTest {
 protected:
  DeedTest() {
    const auto& folder = sample_.folder();
    config_ =
        folder.write("workspace.yaml", "store: " + sample_.store() + "\nkeys: " + sample_.keys() +
                                           "\ncache: " + folder.file("cache") +
                                           "\ncatalog_keys: " + folder.file("catalog-keys") +
                                           "\ncatalogs: " + folder.file("catalogs") + "\n");
  }

  /// Runs a command with --json. Its answer must be one object on one line that begins with the
  /// command's name, and the manual must have each of its fields.
  nlohmann::json answer_of(const std::string& command, std::vector<std::string> rest,
                           bool done = true) const {
    std::vector<std::string> words = split(command, ' ');
    words.insert(words.end(), rest.begin(), rest.end());
    words.emplace_back("--json");
    const auto answer = run_here(words);
    EXPECT_EQ(answer.status, 0) << command;
    EXPECT_EQ(answer.error_output, "") << command;
    EXPECT_EQ(answer.output.find('\n'), answer.output.size() - 1) << answer.output;
    EXPECT_EQ(answer.output.rfind("{\"command\": \"" + command + "\", \"done\": ", 0), 0U)
        << answer.output;
    auto json = nlohmann::json::parse(answer.output);
    EXPECT_EQ(json["done"], done) << command;
    for (const auto& [field, value] : json.items())
      EXPECT_THAT(manual_section(), HasSubstr("\n.B " + field + "\n")) << command;
    return json;
  }

  [[nodiscard]] std::string secret() const { return sample_.folder().file("secret/site.key"); }
};

TEST_F(DeedTest, TellsWhatBecameOfAnImage) {
  const auto registered = answer_of("image register", {sample_.write_manifest("tiny", "1")});
  EXPECT_EQ(registered["image"], "tiny:1");
  EXPECT_EQ(registered["size_bytes"], 11);
  EXPECT_EQ(registered["needs_approval"], true);

  const auto key = answer_of("image key new", {"site", "--secret", secret()});
  EXPECT_EQ(key["key"], "site");
  EXPECT_EQ(key["secret_file"], secret());
  EXPECT_EQ(key["key_file"], sample_.keys() + "/site.yaml");

  const auto approved = answer_of("image approve", {"tiny", "--secret", secret()});
  EXPECT_EQ(approved["digest"], registered["digest"]);
  EXPECT_EQ(approved["key_id"], key["key_id"]);
  EXPECT_EQ(answer_of("image register", {sample_.write_manifest("tiny", "1")})["needs_approval"],
            false);

  const auto revoked = answer_of("image revoke", {"tiny:1", "--reason", "a \"hole\""});
  EXPECT_EQ(revoked["digest"], registered["digest"]);
  EXPECT_EQ(revoked["reason"], "a \"hole\"");
  EXPECT_EQ(answer_of("image key revoke", {"site", "--reason", "lost"})["key_id"], key["key_id"]);

  const auto removed = answer_of("image remove", {"tiny:1"});
  EXPECT_EQ(removed["removed_files"], 1);
  EXPECT_EQ(removed["removed_bytes"], 11);
}

TEST_F(DeedTest, TellsWhatTheCacheHolds) {
  const auto image = register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr);
  const auto cached = answer_of("image prefetch", {"tiny"});
  EXPECT_EQ(cached["digest"], image.digest.to_string());
  EXPECT_EQ(answer_of("image pin", {"tiny"})["pinned"], true);
  EXPECT_EQ(answer_of("image unpin", {"tiny"})["pinned"], false);
  EXPECT_EQ(answer_of("image gc", {})["removed_files"], 0) << "the cache has no bound";
  EXPECT_EQ(answer_of("image gc", {"--keep", "0", "--dry-run"}, false)["removed_bytes"], 11);
  EXPECT_EQ(answer_of("image gc", {"--keep", "0"})["kept_bytes"], 0);
}

TEST_F(DeedTest, TellsWhatIsPublishedTrustedAndBrought) {
  sample_.make_key();
  sample_.approve(register_image(sample_.store(), sample_.write_manifest("tiny", "1"), nullptr));
  const std::string published = sample_.folder().file("published");
  const auto index = answer_of("catalog publish", {published, "--secret", secret()});
  EXPECT_EQ(index["images"][0]["image"], "tiny:1");
  const auto key = TrustedKeys::read(sample_.keys()).keys.at(0).key;
  const auto trust = answer_of(
      "catalog trust", {"there", key.to_string(), "--images", "t*,u", "--expires", "2100-01-01"});
  EXPECT_EQ(trust["key_id"], key.id.to_string());
  EXPECT_EQ(trust["may_bring"], "t*,u");
  EXPECT_EQ(trust["expires"], "2100-01-01T00:00:00Z");
  // curl, as nobody, is to reach what another site would serve.
  std::filesystem::permissions(std::filesystem::path(published).parent_path(),
                               std::filesystem::perms(0755));
  EXPECT_EQ(answer_of("catalog fetch", {published})["new"][0]["image"], "tiny:1");
  EXPECT_EQ(answer_of("catalog update", {"there", "--dry-run"}, false)["images"][0]["state"],
            "here");
}

TEST_F(DeedTest, AnErrorIsALineOnStderrAndNothingOnStdout) {
  register_image(sample_.store(), sample_.write_manifest("raw", "1"), nullptr);
  expect_error(
      [&] {
        (void)run_here({"image", "pin", "tiny", "--json"});
      },
      ErrorKind::kNotFound, ::testing::StartsWith("image 'tiny' is not registered"));
}

TEST(Deed, EveryCommandThatActsKnowsJson) {
  for (const char* const command :
       {"image register", "image approve", "image revoke", "image key new", "image key revoke",
        "image import", "image build", "image flatten", "image remove", "image prefetch",
        "image gc", "image pin", "image unpin", "catalog publish", "catalog trust", "catalog fetch",
        "catalog update", "node reconcile"}) {
    std::vector<std::string> words = split(command, ' ');
    words.emplace_back("--help");
    EXPECT_THAT(run(words).output, HasSubstr("\n  --json")) << command;
    EXPECT_THAT(manual_section(), HasSubstr("\n.B " + std::string(command) + "\n")) << command;
  }
}

}  // namespace
}  // namespace workspace::cli
