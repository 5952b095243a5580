/// A real build of RPM packages, from a repository of the test's own. It needs root for the
/// sandbox.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "libworkspace/base/error.h"
#include "libworkspace/image/image_build.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using namespace std::chrono_literals;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// In $1: a key, one that signs nothing, and a repository with the packages `shell` (busybox) and
/// `hello`, which are signed, and `foreign`, which is not.
constexpr char kMakeRepository[] = R"sh(
cd "$1"
export GNUPGHOME="$1/gnupg" HOME="$1"
mkdir -m 0700 gnupg
for name in site other; do
    gpg --batch --quiet --passphrase '' --quick-gen-key "$name <$name@lab>" rsa2048 sign never
    gpg --armor --export "$name" >"$name.asc"
done
gpgconf --kill gpg-agent
# package NAME ARCHITECTURE REQUIRES INSTALL POST
package() {
    printf '%s\n' "Name: $1" 'Version: 1' 'Release: 1' 'Summary: x' 'License: x' "BuildArch: $2" 'AutoReqProv: no' \
        "$3" '%description' x '%install' "$4" '%post' "$5" '%files' '/*' >"$1.spec"
    rpmbuild -bb --quiet --define "_topdir $PWD/top" --define 'debug_package %{nil}' \
        --define '_build_id_links none' --define '__strip /bin/true' "$1.spec"
}
package shell x86_64 'Provides: /bin/sh' 'mkdir -p %{buildroot}/bin %{buildroot}/dev %{buildroot}/proc
    cp /bin/busybox %{buildroot}/bin/busybox
    for name in sh id mkdir rm chmod printf; do ln -s busybox %{buildroot}/bin/$name; done' '#'
package hello noarch 'Requires: shell' 'mkdir -p %{buildroot}/etc; echo hello >%{buildroot}/etc/hello' \
    'id -u >/etc/configured'
rpmsign --define '_gpg_name site' --define '__gpg /usr/bin/gpg' --addsign top/RPMS/*/*.rpm
gpgconf --kill gpg-agent
package foreign noarch 'Requires: shell' 'mkdir -p %{buildroot}/etc; echo x >%{buildroot}/etc/foreign' '#'
mkdir repository
mv top/RPMS/*/*.rpm repository/
createrepo_c --quiet repository
chmod -R a+rX .
)sh";

class DnfBuildTest : public ::testing::Test {
 protected:
  DnfBuildTest() {
    // Whoever builds has no rights, and walks through it to the repository.
    ::chmod(folder_.path().c_str(), 0711);
    Command make;
    make.argv = {"bash", "-e", "-c", kMakeRepository, "make", folder_.path()};
    const auto made = run_command(make, Deadline::in(2min));
    EXPECT_EQ(made.exit_status, 0) << made.error_output;
    DnfSource source;
    source.release = "9";
    source.repositories = {{"site", "file://" + folder_.file("repository")}};
    source.keys = {folder_.file("site.asc")};
    recipe_.dnf = source;
    recipe_.packages = {"hello"};
    recipe_.date_unix_s = 1'700'000'000;
    options_.work_folder = folder_.path();
    options_.tree_program = std::string(testing::kBinaryDir) + "/cli/workspace_tree/workspace-tree";
  }

  [[nodiscard]] ImportedTree build(const std::vector<RecipeFile>& files = {}) const {
    return build_tree(recipe_, files, options_, Deadline::in(2min), [](auto...) {});
  }

  testing::TemporaryFolder folder_;
  ImageRecipe recipe_{{ImageName::parse("tools"), ImageVersion::parse("1")}};
  ImportOptions options_;
};

TEST_F(DnfBuildTest, InstallsPackagesCopiesAndRuns) {
  recipe_.commands = {"printf run >/etc/run"};
  const ImportedTree built = build({{"/etc/motd", "hi\n", false}});
  Command command;
  command.kept_fds = {built.squashfs.get()};
  const auto content = [&](const std::string& path) {
    command.argv = {"rdsquashfs", "--cat", path, path_of(built.squashfs)};
    return check_command(command, Deadline::in(30s));
  };
  EXPECT_EQ(content("etc/hello"), "hello\n");
  EXPECT_EQ(content("etc/configured"), "0\n") << "the package's script, as root of the image";
  EXPECT_EQ(content("etc/motd"), "hi\n");
  EXPECT_EQ(content("etc/run"), "run");
  EXPECT_THAT(content("var/lib/rpm/rpmdb.sqlite"), HasSubstr("hello"));
}

TEST_F(DnfBuildTest, APackageThatNoKeySignedIsRefused) {
  recipe_.packages = {"foreign"};
  expect_error(
      [&] { (void)build(); }, ErrorKind::kInvalid,
      StartsWith("building tools:1: GPG check FAILED (Package foreign-1-1.noarch.rpm is not "
                 "signed)"));
}

TEST_F(DnfBuildTest, APackageThatAnotherKeySignedIsRefused) {
  recipe_.dnf->keys = {folder_.file("other.asc")};
  expect_error([&] { (void)build(); }, ErrorKind::kInvalid,
               StartsWith("building tools:1: GPG check FAILED"));
}

TEST_F(DnfBuildTest, WhatIsNotThereOrFailsIsToldInOneLine) {
  recipe_.packages = {"no-such-package"};
  expect_error([&] { (void)build(); }, ErrorKind::kInvalid,
               StartsWith("building tools:1: Unable to find a match: no-such-package"));
  recipe_.packages = {"hello"};
  recipe_.commands = {"exit 7"};
  expect_error([&] { (void)build(); }, ErrorKind::kInvalid,
               StartsWith("building tools:1: command 1 of run ended with status 7"));
}

}  // namespace
}  // namespace workspace
