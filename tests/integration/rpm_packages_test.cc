#include "libworkspace/image/rpm_packages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "libworkspace/base/process.h"
#include "libworkspace/image/image_listing.h"
#include "libworkspace/image/sandbox.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

Deadline soon() { return Deadline::in(std::chrono::minutes(4)); }

/// An image of a system that has RPM packages.
class RpmPackages : public ::testing::Test {
 protected:
  RpmPackages() {
    ::chmod(folder_.path().c_str(), 0711);
    shell("mkdir -p tree/etc && echo ID=old >tree/etc/os-release");
  }

  void shell(const std::string& script) const {
    Command command;
    command.argv = {"bash", "-ec", "cd " + folder_.path() + "\n" + script};
    const auto result = run_command(command, soon());
    if (result.exit_status != 0) throw std::runtime_error(script + ": " + result.error_output);
  }

  /// Two packages of no files, in a database of the tree.
  void add_packages(const std::string& folder) const {
    shell("database=$PWD/tree/" + folder + R"(
for package in 'old 1 0' 'tool 2.5 3'; do
    set -- $package
    printf '%s\n' "Name: $1" "Version: $2" 'Release: 7' "Epoch: $3" 'Summary: s' 'License: none' \
        'BuildArch: noarch' '%description' d '%files' >$1.spec
    rpmbuild --quiet --define "_topdir $PWD/build" -bb $1.spec
done
mkdir -p "$database"
rpm --dbpath "$database" --justdb --nodeps -i build/RPMS/noarch/*.rpm)");
  }

  [[nodiscard]] TreeListing list() const {
    shell("rm -f root.squashfs; mksquashfs tree root.squashfs -quiet -no-progress >/dev/null");
    OpenedImage image{
        UniqueFd(::open(folder_.file("root.squashfs").c_str(), O_RDONLY | O_CLOEXEC))};
    return list_image(image, "image old:1",
                      std::string(testing::kBinaryDir) + "/cli/workspace_tree/workspace-tree",
                      folder_.path(), soon());
  }

  TemporaryFolder folder_;
};

TEST_F(RpmPackages, AreReadFromBothPlaces) {
  for (const char* place : {"var/lib/rpm", "usr/lib/sysimage/rpm"}) {
    SCOPED_TRACE(place);
    shell("rm -rf tree/var tree/usr build");
    add_packages(place);
    const auto listing = list();
    EXPECT_EQ(listing.package_database, "rpm");
    EXPECT_EQ(listing.package_fault, "");
    EXPECT_THAT(listing.packages, ElementsAre(ListedPackage{"old", "0:1-7.noarch"},
                                              ListedPackage{"tool", "3:2.5-7.noarch"}));
  }
  // Nothing of it is left in the work folder.
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".workspace-rpm"));
}

TEST_F(RpmPackages, ADatabaseThatIsNoneIsToldAndHarmsNothing) {
  const struct {
    const char* script;
    const char* fault;
  } cases[] = {
      {"echo noise >tree/var/lib/rpm/rpmdb.sqlite", "rpm cannot read the database rpmdb.sqlite: "},
      {"head -c 100000 /dev/urandom >tree/var/lib/rpm/Packages",
       "rpm cannot read the database Packages: "},
      {"echo x >tree/var/lib/rpm/Packages.db", "its RPM database is of a form that cannot be read"},
      {"ln -s /etc/shadow tree/var/lib/rpm/rpmdb.sqlite",
       "its RPM database is of a form that cannot be read"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.script);
    shell(std::string("rm -rf tree/var; mkdir -p tree/var/lib/rpm; ") + c.script);
    const auto listing = list();
    EXPECT_EQ(listing.package_database, "rpm");
    EXPECT_THAT(listing.package_fault, HasSubstr(c.fault));
    EXPECT_THAT(listing.packages, IsEmpty());
    EXPECT_EQ(listing.os_release.at("ID"), "old");
  }
}

}  // namespace
}  // namespace workspace
