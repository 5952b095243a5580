#include "libworkspace/image/oci_layers.h"

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using Kind = Whiteout::Kind;

TEST(LayerDigests, AreReadInTheirOrder) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  EXPECT_THAT(layer_digests(R"({"layers": [{"digest": "sha256:)" + a +
                            R"("}, {"size": 1, "digest": "sha256:)" + b + R"("}]})"),
              ::testing::ElementsAre(a, b));
}

TEST(LayerDigests, RefusesWhatIsNoManifest) {
  std::string many = R"({"layers": [)";
  for (int i = 0; i < 501; ++i) many += (i == 0 ? "{}" : ",{}");
  for (const auto& [json, message] : {
           std::pair{std::string("garbage"), "the image's manifest is no JSON object"},
           std::pair{std::string("[]"), "the image's manifest is no JSON object"},
           std::pair{std::string("{}"), "the image's manifest has no layers"},
           std::pair{std::string(R"({"layers": []})"), "the image's manifest has no layers"},
           std::pair{std::string(R"({"layers": {"a": 1}})"), "the image's manifest has no layers"},
           std::pair{std::string(R"({"layers": ["x"]})"),
                     "the image's manifest has a layer without a digest"},
           std::pair{std::string(R"({"layers": [{"digest": 1}]})"),
                     "the image's manifest has a layer without a digest"},
           std::pair{std::string(R"({"layers": [{"digest": "md5:aa"}]})"),
                     "the image's manifest has a layer whose digest is not of SHA-256"},
           std::pair{std::string(R"({"layers": [{"digest": "sha256:../../etc/passwd"}]})"),
                     "the image's manifest has a layer whose digest is not of SHA-256"},
           std::pair{many + "]}", "the image's manifest has more than 500 layers"},
       }) {
    expect_error([&] { layer_digests(json); }, ErrorKind::kInvalid, message);
  }
}

TEST(WhiteoutOf, ReadsTheNamesOfTheImageSpecification) {
  const auto read = [](std::string_view path) {
    const Whiteout found = whiteout_of(path);
    return std::pair{found.kind, found.path};
  };
  EXPECT_EQ(read("a/b"), std::pair(Kind::kNone, std::string()));
  EXPECT_EQ(read("a/.whb"), std::pair(Kind::kNone, std::string()));
  EXPECT_EQ(read("a/.wh.b"), std::pair(Kind::kName, std::string("a/b")));
  EXPECT_EQ(read(".wh.b"), std::pair(Kind::kName, std::string("b")));
  EXPECT_EQ(read("a/.wh..wh..opq"), std::pair(Kind::kFolderContent, std::string("a")));
  EXPECT_EQ(read(".wh..wh.plnk"), std::pair(Kind::kIgnored, std::string()));
  for (const char* path : {"a/.wh.", "a/.wh..", "a/.wh..."}) {
    expect_error(
        [&] { whiteout_of(path); }, ErrorKind::kInvalid,
        "the whiteout '" + std::string(path) + "' names nothing that a layer could take away");
  }
}

}  // namespace
}  // namespace workspace
