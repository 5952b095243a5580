#include "libworkspace/image/image_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace workspace {
namespace {

using ::testing::ElementsAre;

ImageRecipe sample() {
  ImageRecipe recipe({ImageName::parse("tools"), ImageVersion::parse("1")});
  recipe.suite = "bookworm";
  return recipe;
}

TEST(ImageBuild, TellsMmdebstrapWhatTheRecipeSays) {
  ImageRecipe recipe = sample();
  recipe.packages = {"gcc", "make"};
  recipe.keyring = "/keys.gpg";
  recipe.components = {"main", "contrib"};
  recipe.commands = {"echo it's done"};
  EXPECT_THAT(
      build_words(recipe, {{"/etc/motd", "hi", false}}, "unshare"),
      ElementsAre(
          "mmdebstrap", "--quiet", "--mode=unshare", "--variant=minbase", "--format=tar",
          "--aptopt=APT::Install-Recommends \"false\"", "--include=gcc,make",
          R"x(--customize-hook=chroot "$1" /bin/sh -e -c 'mkdir -p /etc/; rm -f /etc/motd; : >/etc/motd; chmod 0644 /etc/motd' || { echo 'E: copying to /etc/motd ended with status '$? >&2; exit 1; })x",
          R"x(--customize-hook=chroot "$1" /bin/sh -e -c 'printf '\''\150\151'\'' >>/etc/motd' || { echo 'E: copying to /etc/motd ended with status '$? >&2; exit 1; })x",
          R"x(--customize-hook=chroot "$1" /bin/sh -e -c 'echo it'\''s done' || { echo 'E: command 1 of run ended with status '$? >&2; exit 1; })x",
          "bookworm", "-",
          "deb [signed-by=\"/keys.gpg\"] http://deb.debian.org/debian bookworm main contrib"));
}

TEST(ImageBuild, TellsAVirtualMachineWhatTheRecipeSays) {
  ImageRecipe recipe = sample();
  recipe.vm.emplace(ImageRef::parse("tiny"));
  recipe.commands = {"true", "echo it's done"};
  const std::string script = vm_script(recipe, {{"/etc/motd", "hi", false}}, "#!/bin/sh\n");
  EXPECT_EQ(script.rfind("#!/bin/sh\n", 0), 0U);
  const auto at = [&](const std::string& text) {
    const auto place = script.find(text);
    EXPECT_NE(place, std::string::npos) << text << " is not in " << script;
    return place;
  };
  EXPECT_LT(at("\n/bin/sh -e -c 'printf '\\''\\150\\151'\\'' >>/etc/motd' || "),
            at("\n/bin/sh -e -c 'true' || { echo 'E: command 1 of run ended with status '$? >&2; "
               "exit 1; }\n"));
  EXPECT_LT(
      at("'echo it'\\''s done'"),
      at("\n/bin/sh -e -c '/tmp/recipe-script' || { echo 'E: the script ended with status '"));
  EXPECT_EQ(script.find("chroot"), std::string::npos);
}

TEST(ImageBuild, TellsDnfWhatTheRecipeSays) {
  ImageRecipe recipe = sample();
  recipe.dnf = DnfSource{"9", {{"os", "https://x/os"}, {"own", "file:///srv"}}, {"/a", "/b"}};
  recipe.packages = {"bash", "@core"};
  recipe.commands = {"true"};
  const auto words = dnf_words(recipe, {});
  ASSERT_EQ(words.size(), 9U);
  EXPECT_EQ(words[5],
            "[main]\ngpgcheck=1\ninstall_weak_deps=0\ntsflags=nodocs\nplugins=0\n"
            "reposdir=/nonexistent\n"
            "[os]\nname=os\nbaseurl=https://x/os\ngpgkey=file:///a file:///b\n"
            "[own]\nname=own\nbaseurl=file:///srv\ngpgkey=file:///a file:///b\n");
  EXPECT_EQ(words[6], "9");
  EXPECT_EQ(words[7], "bash @core");
  EXPECT_EQ(
      words[8],
      R"x(chroot "$1" /bin/sh -e -c 'true' || { echo 'E: command 1 of run ended with status '$? >&2; exit 1; })x");
}

TEST(ImageBuild, NoArgumentIsLongerThanTheKernelTakes) {
  const std::string content(RecipeFile::kMaxBytes, '\xff');
  std::size_t all = 0;
  for (const auto& word : build_words(sample(), {{"/a", content, true}}, "root")) {
    EXPECT_LT(word.size(), 131'072U);
    all += word.size();
  }
  EXPECT_LT(all, std::size_t{2} << 20U);
}

TEST(ImageBuild, TheFirstErrorIsTheFault) {
  EXPECT_EQ(first_fault("W: odd\nE: Unable to locate package foo\nE: apt-get failed\n"),
            "Unable to locate package foo");
  EXPECT_EQ(
      first_fault("I: run\nsh: 1: foo: not found\nE: command 1 of run ended with status 127\n"),
      "command 1 of run ended with status 127 (sh: 1: foo: not found)");
  EXPECT_EQ(first_fault("one\nnewuidmap: not found\n\n"), "newuidmap: not found");
  EXPECT_EQ(first_fault("E: \x1b[31m\n"), "\\x1b[31m");
  EXPECT_EQ(first_fault(""), "");
}

}  // namespace
}  // namespace workspace
