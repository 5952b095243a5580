#include "libworkspace/catalog/manifest_inheritance.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libworkspace/catalog/manifest_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StartsWith;
using testing::TemporaryFolder;

class ManifestInheritance : public ::testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const { return folder_.file(name); }
  TemporaryFolder folder_;
};

TEST_F(ManifestInheritance, TheNearerOneCounts) {
  folder_.write("base/os.yaml",
                "root: {file: os.squashfs, format: squashfs}\nkernel: {file: /boot/vmlinux}\n"
                "env: {A: base, B: base}\nneeds: {memory: 1G, vcpus: 2}\n"
                "mounts: [/data]\nlicence: MIT\n");
  folder_.write("base/course.yaml",
                "inherits: os.yaml\nname: ignored\nversion: 9\nenv: {B: course}\n");
  const auto path = folder_.write("mpi/m.yaml",
                                  "inherits: ../base/course.yaml\nname: mpi\nversion: 1\n"
                                  "needs: {vcpus: 4}\nmounts: []\n");
  const Manifest manifest = read_manifest(path);
  EXPECT_EQ(manifest.name.text(), "mpi");
  EXPECT_EQ(manifest.version.text(), "1");
  EXPECT_EQ(manifest.root.path, "../base/os.squashfs") << "from the nearest one's folder";
  EXPECT_EQ(manifest.kernel->path, "/boot/vmlinux");
  EXPECT_EQ(manifest.licence, "MIT");
  EXPECT_EQ(manifest.needs.memory_mib, 1024);
  EXPECT_EQ(manifest.needs.vcpus, 4);
  EXPECT_THAT(manifest.env,
              ::testing::ElementsAre(ImageVariable{"A", "base"}, ImageVariable{"B", "course"}));
  EXPECT_TRUE(manifest.mounts.empty());
  const std::string text = format_manifest(manifest);
  EXPECT_EQ(format_manifest(parse_manifest(text, "f")), text) << "complete in itself";
}

TEST_F(ManifestInheritance, RefusesWithPlaceAndReason) {
  const std::string own = "name: a\nversion: 1\nroot: {file: x, format: ext4}\n";
  const auto path = at("m.yaml");
  const auto expect_refused = [&](const std::string& text, ErrorKind kind,
                                  const ::testing::Matcher<const std::string&>& message) {
    SCOPED_TRACE(text);
    folder_.write("m.yaml", text);
    expect_error([&] { (void)read_manifest(path); }, kind, message);
  };
  expect_refused(own + "inherits: none.yaml\n", ErrorKind::kNotFound,
                 path + ":4: " + at("none.yaml") + " does not exist");
  expect_refused(own + "inherits: ''\n", ErrorKind::kInvalid, path + ":4: inherits names no file");
  expect_refused(own + "inherits: [a, b]\n", ErrorKind::kInvalid,
                 path + ":4: key 'inherits' takes one value, not a list");
  expect_refused("inherits: p.yaml\nname: a\n", ErrorKind::kNotFound,
                 path + ":1: " + at("p.yaml") + " does not exist");
  folder_.write("p.yaml", "memory: 1\n");
  expect_refused(own + "inherits: p.yaml\n", ErrorKind::kInvalid,
                 at("p.yaml") + ":1: unknown key 'memory'");
  folder_.write("p.yaml", "expires: never\n");
  expect_refused(own + "inherits: p.yaml\n", ErrorKind::kInvalid,
                 StartsWith(at("p.yaml") + ":1: expires 'never' is not a time"));
  folder_.write("p.yaml", "licence: MIT\n");
  expect_refused("name: a\nversion: 1\ninherits: p.yaml\n", ErrorKind::kInvalid,
                 path + ":1: key 'root' is missing");
  ::chmod(at("p.yaml").c_str(), 0666);
  expect_refused(
      own + "inherits: p.yaml\n", ErrorKind::kDenied,
      StartsWith(path + ":4: " + at("p.yaml") + " is not trusted: others than its owner"));
  ASSERT_EQ(::symlink("m.yaml", at("link.yaml").c_str()), 0);
  expect_refused(own + "inherits: link.yaml\n", ErrorKind::kDenied,
                 path + ":4: " + at("link.yaml") + " is not trusted: it is a link");
}

TEST_F(ManifestInheritance, CirclesEnd) {
  const auto a = folder_.write("a.yaml", "name: a\nversion: 1\ninherits: ./x/../a.yaml\n");
  expect_error([&] { (void)read_manifest(a); }, ErrorKind::kInvalid,
               a + ":3: the manifests inherit in a circle: " + a + " > " + a);
  folder_.write("a.yaml", "name: a\nversion: 1\ninherits: b/b.yaml\n");
  const auto b = folder_.write("b/b.yaml", "inherits: ../a.yaml\n");
  expect_error([&] { (void)read_manifest(a); }, ErrorKind::kInvalid,
               b + ":1: the manifests inherit in a circle: " + a + " > " + b + " > " + a);
}

TEST_F(ManifestInheritance, DepthIsBounded) {
  folder_.write("m0.yaml", "root: {file: x, format: ext4}\n");
  for (int i = 1; i <= 5; ++i) {
    const auto number = std::to_string(i);
    folder_.write("m" + number + ".yaml",
                  "name: a\nversion: 1\ninherits: m" + std::to_string(i - 1) + ".yaml\n");
  }
  EXPECT_EQ(read_manifest(at("m4.yaml")).root.path, "x");
  expect_error([&] { (void)read_manifest(at("m5.yaml")); }, ErrorKind::kInvalid,
               at("m1.yaml") + ":3: more than 4 manifests inherit from each other");
}

}  // namespace
}  // namespace workspace
