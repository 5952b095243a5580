#include "libworkspace/catalog/recipe_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libworkspace/base/fd.h"
#include "test_paths.h"

namespace workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> faults_of(const std::string& text) {
  YamlFaults faults;
  (void)parse_recipe(text, "r.yaml", faults);
  std::vector<std::string> lines;
  for (const auto& fault : faults.sorted()) lines.push_back(fault.to_string());
  return lines;
}

const std::string kManifest = "manifest: {name: tools, version: 1}\n";
const std::string kDebian = "debian: {suite: bookworm}\n";
const std::string kDate = "date: 2026-11-25\n";

TEST(Recipe, SaysAllOfIt) {
  YamlFaults faults;
  const ImageRecipe recipe = parse_recipe(
      "manifest:\n"
      "  name: teaching\n"
      "  version: \"2\"\n"
      "  boot: init\n"
      "  needs: {memory: 256M}\n"
      "debian:\n"
      "  suite: bookworm\n"
      "  variant: standard\n"
      "  mirror: https://mirror.example.org/debian\n"
      "  keyring: /usr/share/keyrings/site.gpg\n"
      "  components: [main, contrib]\n"
      "  packages: [systemd, g++, \"libc6:i386\", gcc=4:12.2.0-3]\n"
      "date: 2026-11-25T12:00:00Z\n"
      "leave_out: [usr/share/doc/*]\n"
      "copy: {/etc/motd: files/motd}\n"
      "run: [\"systemctl enable ssh\", \"echo it's done >/etc/done\"]\n",
      "r.yaml", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(recipe.manifest.name.text(), "teaching");
  EXPECT_EQ(recipe.manifest.boot, BootMode::kInit);
  EXPECT_EQ(recipe.manifest.needs.memory_mib, 256U);
  EXPECT_EQ(recipe.suite, "bookworm");
  EXPECT_EQ(recipe.variant, "standard");
  EXPECT_EQ(recipe.mirror, "https://mirror.example.org/debian");
  EXPECT_EQ(recipe.keyring, "/usr/share/keyrings/site.gpg");
  EXPECT_THAT(recipe.components, ElementsAre("main", "contrib"));
  EXPECT_THAT(recipe.packages, ElementsAre("systemd", "g++", "libc6:i386", "gcc=4:12.2.0-3"));
  EXPECT_EQ(recipe.date_unix_s, 1795608000);
  EXPECT_THAT(recipe.left_out, ElementsAre("usr/share/doc/*"));
  ASSERT_EQ(recipe.copies.size(), 1U);
  EXPECT_EQ(recipe.copies[0].source, "files/motd");
  EXPECT_EQ(recipe.copies[0].destination, "/etc/motd");
  EXPECT_THAT(recipe.commands, ElementsAre("systemctl enable ssh", "echo it's done >/etc/done"));
}

TEST(Recipe, TheExampleIsOne) {
  const std::string path = std::string(testing::kSourceDir) + "/examples/image-recipe.yaml";
  YamlFaults faults;
  EXPECT_EQ(parse_recipe(read_file(path, kMaxRecipeBytes), path, faults).suite, "bookworm");
  EXPECT_TRUE(faults.empty());
}

TEST(Recipe, IsOfAVirtualMachineToo) {
  YamlFaults faults;
  const ImageRecipe recipe = parse_recipe(kManifest +
                                              "vm: {image: \"tiny:1\", script: set-up.sh, memory: "
                                              "1G, vcpus: 2, disk: 8G, timeout: 5m}\n" +
                                              kDate,
                                          "r.yaml", faults);
  EXPECT_TRUE(faults.empty());
  ASSERT_TRUE(recipe.vm);
  EXPECT_EQ(recipe.vm->image.to_string(), "tiny:1");
  EXPECT_EQ(recipe.vm->script, "set-up.sh");
  EXPECT_EQ(recipe.vm->memory_mib, 1024U);
  EXPECT_EQ(recipe.vm->vcpus, 2U);
  EXPECT_EQ(recipe.vm->disk_mib, 8192U);
  EXPECT_EQ(recipe.vm->timeout, std::chrono::minutes(5));
  EXPECT_THAT(faults_of(kManifest + "vm: {image: tiny}\nrun: [\"true\"]\n" + kDate), IsEmpty());
}

TEST(Recipe, TellsWhatIsWrongWithItsVirtualMachine) {
  struct Case {
    std::string vm;
    const char* fault;
  };
  for (const auto& [vm, fault] : {
           Case{"vm: {script: s}", "r.yaml:2: key 'image' is missing"},
           Case{"vm: {image: Tiny, script: s}",
                "r.yaml:2: image name 'Tiny' has the character 'T' at position 1; allowed "
                "there are lower-case letters and digits"},
           Case{"vm: {image: tiny}", "r.yaml:2: there must be a script, or commands to run"},
           Case{"vm: {image: tiny, script: s, memory: 0}", "r.yaml:2: memory must be more than 0"},
           Case{"vm: {image: tiny, script: s, disk: 0}", "r.yaml:2: disk must be more than 0"},
           Case{"vm: {image: tiny, script: s, vcpus: 0}", "r.yaml:2: vcpus must be more than 0"},
           Case{"vm: {image: tiny, script: s, timeout: 0}",
                "r.yaml:2: timeout must be longer than 0"},
           Case{"vm: {image: tiny, script: s, network: public}", "r.yaml:2: unknown key 'network'"},
           Case{"vm: {image: tiny, script: s}\ndebian: {suite: bookworm}",
                "r.yaml:2: a recipe has one of 'debian', 'dnf' and 'vm'"},
       }) {
    EXPECT_THAT(faults_of(kManifest + vm + "\n" + kDate), ElementsAre(fault)) << vm;
  }
}

TEST(Recipe, NeedsLittle) { EXPECT_THAT(faults_of(kManifest + kDebian + kDate), IsEmpty()); }

TEST(Recipe, IsOfRpmPackagesToo) {
  YamlFaults faults;
  const ImageRecipe recipe = parse_recipe(
      kManifest +
          "dnf:\n"
          "  release: 9\n"
          "  repositories: {baseos: https://mirror.example.org/os/, own: file:///srv/rpm}\n"
          "  packages: [bash, \"@core\", gcc-11.4.1]\n"
          "  keys: [/etc/keys/site.asc]\n" +
          kDate,
      "r.yaml", faults);
  EXPECT_TRUE(faults.empty());
  ASSERT_TRUE(recipe.dnf.has_value());
  EXPECT_EQ(recipe.dnf->release, "9");
  ASSERT_EQ(recipe.dnf->repositories.size(), 2U);
  EXPECT_EQ(recipe.dnf->repositories[0].name, "baseos");
  EXPECT_EQ(recipe.dnf->repositories[0].url, "https://mirror.example.org/os/");
  EXPECT_THAT(recipe.dnf->keys, ElementsAre("/etc/keys/site.asc"));
  EXPECT_THAT(recipe.packages, ElementsAre("bash", "@core", "gcc-11.4.1"));
}

TEST(Recipe, TellsWhatIsWrongWithDnf) {
  const std::string good = "release: 9, repositories: {a: http://x}, packages: [b], keys: [/k]";
  const auto without = [&](const std::string& part, const std::string& instead) {
    std::string text = good;
    text.replace(text.find(part), part.size(), instead);
    return kManifest + "dnf: {" + text + "}\n" + kDate;
  };
  const struct {
    std::string text;
    std::string fault;
  } cases[] = {
      {kManifest + kDebian + "dnf: {" + good + "}\n" + kDate,
       "r.yaml:3: a recipe has one of 'debian', 'dnf' and 'vm'"},
      {without("release: 9, ", ""), "r.yaml:2: key 'release' is missing"},
      {without("release: 9", "release: \"9 --x\""),
       "r.yaml:2: '9 --x' is not the name of a release, such as 9"},
      {without("{a: http://x}", "{}"), "r.yaml:2: there must be one repository"},
      {without("a: http", "z: http://z, main: http"),
       "r.yaml:2: 'main' is not the name of a repository"},
      {without("a: http", "z: http://z, \"a]\": http"),
       "r.yaml:2: 'a]' is not the name of a repository, such as baseos"},
      {without("http://x", "http://z, b: /srv"),
       "r.yaml:2: '/srv' is not the URL of a repository: http, https or file"},
      {without("http://x", "http://z, b: \"http://x\\ngpgcheck=0\""),
       "r.yaml:2: 'http://x\\x0agpgcheck=0' is not the URL of a repository: http, https or file"},
      {without("[b]", "[]"), "r.yaml:2: there must be one package"},
      {without("[b]", "[b, --nogpgcheck]"),
       "r.yaml:2: '--nogpgcheck' is not the name of a package, such as gcc"},
      {without("[b]", "[b, \"@a b\"]"), "r.yaml:2: 'a b' is not the name of a group"},
      {without(", keys: [/k]", ""),
       "r.yaml:2: there must be a key by which the packages are signed"},
      {without("/k", "/k, k"), "r.yaml:2: 'k' is not an absolute path of plain letters"},
  };
  for (const auto& c : cases) EXPECT_THAT(faults_of(c.text), ElementsAre(c.fault)) << c.text;
}

TEST(Recipe, TellsWhatIsWrong) {
  const struct {
    std::string text;
    std::string fault;
  } cases[] = {
      {kManifest + kDebian, "r.yaml:1: key 'date' is missing"},
      {kManifest + kDate, "r.yaml:1: key 'debian' is missing"},
      {kDebian + kDate, "r.yaml:1: key 'manifest' is missing"},
      {kManifest + kDebian + kDate + "rnu: [x]\n",
       "r.yaml:4: unknown key 'rnu'; did you mean 'run'?"},
      {"manifest: {name: a}\n" + kDebian + kDate, "r.yaml:1: key 'version' is missing"},
      {"manifest: {name: a, version: 1, root: {file: x, format: squashfs}}\n" + kDebian + kDate,
       "r.yaml:1: 'root' has no place in a recipe"},
      {"manifest: {name: a, version: 1, inherits: b.yaml}\n" + kDebian + kDate,
       "r.yaml:1: 'inherits' has no place in a recipe"},
      {kManifest + "debian: {}\n" + kDate, "r.yaml:2: key 'suite' is missing"},
      {kManifest + "debian: {suite: -o}\n" + kDate,
       "r.yaml:2: '-o' is not the name of a suite, such as bookworm"},
      {kManifest + "debian: {suite: a b}\n" + kDate,
       "r.yaml:2: 'a b' is not the name of a suite, such as bookworm"},
      {kManifest + "debian: {suite: a, packages: [gcc, --x]}\n" + kDate,
       "r.yaml:2: '--x' is not the name of a package, such as gcc"},
      {kManifest + "debian: {suite: a, packages: [\"gcc,make\"]}\n" + kDate,
       "r.yaml:2: 'gcc,make' is not the name of a package, such as gcc"},
      {kManifest + "debian: {suite: a, packages: [\"?essential\"]}\n" + kDate,
       "r.yaml:2: '?essential' is not the name of a package, such as gcc"},
      {kManifest + "debian: {suite: a, packages: [gcc, gcc]}\n" + kDate,
       "r.yaml:2: 'gcc' is given twice in the list"},
      {kManifest + "debian: {suite: a, variant: big}\n" + kDate,
       "r.yaml:2: variant 'big' is not known; there are extract, essential, minbase, standard"},
      {kManifest + "debian: {suite: a, variant: extract}\n" + kDate,
       "r.yaml:2: with variant 'extract' there must be packages to extract"},
      {kManifest + "debian: {suite: a, variant: extract, packages: [b]}\n" + kDate + "run: [ls]\n",
       "r.yaml:4: with variant 'extract' there is no system that could do it"},
      {kManifest + "debian: {suite: a, mirror: /srv}\n" + kDate,
       "r.yaml:2: '/srv' is not a mirror, such as http://deb.debian.org/debian"},
      {kManifest + "debian: {suite: a, mirror: \"http://x [trusted=yes]\"}\n" + kDate,
       "r.yaml:2: 'http://x [trusted=yes]' is not a mirror, such as http://deb.debian.org/debian"},
      {kManifest + "debian: {suite: a, components: []}\n" + kDate,
       "r.yaml:2: there must be one component"},
      {kManifest + "debian: {suite: a, keyring: keys.gpg}\n" + kDate,
       "r.yaml:2: 'keys.gpg' is not an absolute path of plain letters"},
      {kManifest + kDebian + kDate + "leave_out: [/usr]\n",
       "r.yaml:4: '/usr' is not a pattern of paths below the root, such as usr/share/doc/*"},
      {kManifest + kDebian + kDate + "leave_out: [a/../b]\n",
       "r.yaml:4: 'a/../b' is not a pattern of paths below the root, such as usr/share/doc/*"},
      {kManifest + kDebian + kDate + "copy: {/etc/../x: y}\n",
       "r.yaml:4: '/etc/../x' is not an absolute path of plain letters"},
      {kManifest + kDebian + kDate + "copy: {\"/etc/$(id)\": y}\n",
       "r.yaml:4: '/etc/$(id)' is not an absolute path of plain letters"},
      {kManifest + kDebian + kDate + "copy: {/etc/x: \"\"}\n",
       "r.yaml:4: the file's name is empty"},
      {kManifest + kDebian + kDate + "run: [\"\"]\n", "r.yaml:4: a command is empty"},
      {kManifest + kDebian + kDate + "run: [\"a\\nb\"]\n", "r.yaml:4: a command must be one line"},
      {kManifest + kDebian + kDate + "run: ls\n",
       "r.yaml:4: key 'run' takes a list, such as [a, b]"},
  };
  for (const auto& c : cases) EXPECT_THAT(faults_of(c.text), ElementsAre(c.fault)) << c.text;
}

}  // namespace
}  // namespace workspace
