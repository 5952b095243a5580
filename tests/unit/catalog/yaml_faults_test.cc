#include "libworkspace/catalog/yaml_faults.h"

#include <gtest/gtest.h>

#include "libworkspace/catalog/registration.h"
#include "libworkspace/catalog/site_config_file.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog/sample_image.h"

namespace workspace {
namespace {

using ::testing::ElementsAreArray;
using testing::error_of;
using testing::SampleImage;

using Lines = std::vector<std::string>;

Lines lines_of(const YamlFaults& faults) {
  Lines lines;
  for (const auto& fault : faults.sorted()) lines.push_back(fault.to_string());
  return lines;
}

struct Case {
  std::string text;
  Lines faults;
};

TEST(YamlFaults, AConfigurationIsToldAllThatIsWrongWithIt) {
  for (const auto& [text, expected] : {
           Case{"store: /s\n", {}},
           Case{"", {}},
           Case{"storage: /s\nboot_timout: 1s\npin_vcpu: true\n",
                {"f:1: unknown key 'storage'; did you mean 'store'?",
                 "f:2: unknown key 'boot_timout'; did you mean 'boot_timeout'?",
                 "f:3: unknown key 'pin_vcpu'; did you mean 'pin_vcpus'?"}},
           // In the order of the file, not in that of the reader.
           Case{"digest_shown_in: here\nboot_timeout: 0s\nstore: s\n",
                {"f:1: 'here' is no place for the digest; there are admin_comment, comment, none",
                 "f:2: boot_timeout must be longer than 0",
                 "f:3: store 's' is not an absolute path"}},
           Case{"store: {a: 1}\ncache: [a]\naccess: all\nmounts: /data\n",
                {"f:1: key 'store' takes one value, not a map",
                 "f:2: key 'cache' takes one value, not a list",
                 "f:3: key 'access' takes a map, not one value",
                 "f:4: key 'mounts' takes a list, such as [a, b]"}},
           Case{"store: /s\nstore: t\ncache: c\n",
                {"f:2: key 'store' is given twice, first in line 1",
                 "f:3: cache 'c' is not an absolute path"}},
           Case{"store: &a /s\ncache: *a\nscratch: x\n",
                {"f:1: anchors are not allowed", "f:2: aliases are not allowed",
                 "f:3: scratch 'x' is not an absolute path"}},
           Case{"store: !!str /s\ncache:\nkeys: k\n",
                {"f:1: tags such as 'tag:yaml.org,2002:str' are not allowed",
                 "f:2: key 'cache' has no value", "f:3: keys 'k' is not an absolute path"}},
           Case{"store: /a\x01\ncache: /b\x02\n",
                {"f:1: the control byte '\\x01' is not allowed",
                 "f:2: the control byte '\\x02' is not allowed"}},
           Case{"mounts:\n- sw\n- /a:/x\n- /b:/x\n- /proc:/y\n",
                {"f:1: two mounts have the destination '/x'",
                 "f:2: mount source 'sw' is not an absolute path",
                 "f:5: '/proc' of the node may not be mounted: it is the system's own"}},
           Case{"access:\n  A*: {}\n  b:\n    alow: {}\n    deny:\n      user: [x]\n      groups: "
                "y\n",
                {"f:2: 'A*' is not a pattern of image names, such as course-*",
                 "f:4: unknown key 'alow'; did you mean 'allow'?",
                 "f:6: unknown key 'user'; did you mean 'users'?",
                 "f:7: key 'groups' takes a list, such as [a, b]"}},
           Case{"disk_max: 1G\nstore: s\n",
                {"f:1: disk_default (2G) is larger than disk_max (1G)",
                 "f:2: store 's' is not an absolute path"}},
           // Where the text is no YAML any more it ends, and what came before is told all the same.
           Case{"store: s\ncache: \"/c\nscratch: x\n",
                {"f:1: store 's' is not an absolute path", "f:3: not YAML: illegal EOF in scalar"}},
           Case{"store: s\ncache: [[/c]]\nscratch: x\n",
                {"f:1: store 's' is not an absolute path", "f:2: a list is not expected here"}},
           Case{"just words\n", {"f:1: 'KEY: VALUE' is expected"}},
       }) {
    SCOPED_TRACE(text);
    YamlFaults faults;
    (void)check_site_config(text, "f", faults);
    EXPECT_THAT(lines_of(faults), ElementsAreArray(expected));
    if (!expected.empty()) {
      const auto first = error_of([&, &yaml = text] { (void)parse_site_config(yaml, "f"); });
      ASSERT_TRUE(first.has_value());
      EXPECT_THAT(expected, ::testing::Contains(first->text())) << "the first one still stops";
    }
  }
}

TEST(YamlFaults, WhatIsFaultyHasItsDefault) {
  YamlFaults faults;
  const SiteConfig config = check_site_config("store: s\ncache: /c\n", "f", faults);
  EXPECT_EQ(config.store, SiteConfig().store);
  EXPECT_EQ(config.cache, "/c");
}

/// Faults of manifests and of those they inherit from.
class ManifestFaults : public ::testing::Test {
 protected:
  Lines faults_of(const std::string& text) {
    const auto path = sample_.folder().write("image/manifest.yaml", text);
    YamlFaults faults;
    (void)check_image(path, faults);
    return lines_of(faults);
  }

  [[nodiscard]] std::string at(const std::string& name) const {
    return sample_.folder().file("image/" + name);
  }

  SampleImage sample_;
};

TEST_F(ManifestFaults, AllAreTold) {
  const std::string m = at("manifest.yaml");
  const std::string root = "root: {file: tiny.squashfs, format: squashfs}\n";
  const std::string good = "name: a\nversion: 1\n" + root;
  for (const auto& [text, expected] : {
           Case{good, {}},
           Case{"",
                {m + ":1: key 'name' is missing", m + ":1: key 'version' is missing",
                 m + ":1: key 'root' is missing"}},
           Case{
               "nmae: tiny\nversion: -1\n" + root,
               {m + ":1: unknown key 'nmae'; did you mean 'name'?", m + ":1: key 'name' is missing",
                m + ":2: image version '-1' has the character '-' at position 1; allowed there are "
                    "letters and digits"}},
           Case{"name: a\nversion: 1\nroot: {fiel: x}\n",
                {m + ":3: unknown key 'fiel'; did you mean 'file'?",
                 m + ":3: key 'file' is missing", m + ":3: key 'format' is missing"}},
           Case{"name: a\nversion: 1\nroot:\n  file: tiny.squashfs\n  format: xfs\n  size: -1\n",
                {m + ":5: 'xfs' is not a format of a root file system; expected squashfs or ext4",
                 m + ":6: size '-1' is not a whole number up to 1125899906842624"}},
           Case{good + "needs: {memory: lots, vcpus: 1.5, gpu: 65}\nboot: sysv\n",
                {m + ":4: memory 'lots' is not a size; expected a size such as 512M, 20G or 1T",
                 m + ":4: vcpus '1.5' is not a whole number up to 65535",
                 m + ":4: gpu '65' is not a whole number up to 64",
                 m + ":5: boot 'sysv' is not known; there are agent, init"}},
           Case{good + "env: {1A: x, B: \"a\\nb\", C: d}\nallow_root: yes\nallow_save: 1\n",
                {m + ":4: '1A' is not the name of a variable; allowed are letters, digits and '_', "
                     "no "
                     "digit first",
                 m + ":4: the value of B must be one line",
                 m + ":5: allow_root 'yes' is neither true nor false",
                 m + ":6: allow_save '1' is neither true nor false"}},
           Case{good + "created: 2026-02-02\nexpires: 2026-02-01\nnetwork: public\n",
                {m + ":5: the image expires before it was created",
                 m + ":6: network 'public' is not known; there are none, private"}},
           Case{good + "kernel: {file: nokernel}\ninitrd: {file: tiny.squashfs, size: 1}\n",
                {m + ":4: " + at("nokernel") + " does not exist",
                 m + ":5: " + at("tiny.squashfs") + " has 11 bytes, not the stated 1"}},
           Case{"name: a\nversion: 1\nroot: {file: tiny.squashfs, format: ext4}\nlayers: {3: "
                "{file: x}}\n",
                {m + ":3: " + at("tiny.squashfs") + " is not a file system of the format ext4",
                 m + ":4: key '1' is missing"}},
       }) {
    SCOPED_TRACE(text);
    EXPECT_THAT(faults_of(text), ElementsAreArray(expected));
  }
}

TEST_F(ManifestFaults, ThoseOfInheritedManifestsAreToldWithThem) {
  const std::string m = at("manifest.yaml");
  sample_.folder().write("image/base.yaml",
                         "root: {file: tiny.squashfs, format: xfs}\nneeds: {vcpu: 1}\n");
  EXPECT_THAT(faults_of("name: A\nversion: 1\ninherits: base.yaml\n"),
              ElementsAreArray(Lines{
                  m + ":1: image name 'A' has the character 'A' at position 1; allowed there are "
                      "lower-case letters and digits",
                  at("base.yaml") + ":1: 'xfs' is not a format of a root file system; expected "
                                    "squashfs or ext4",
                  at("base.yaml") + ":2: unknown key 'vcpu'; did you mean 'vcpus'?"}));
  EXPECT_THAT(faults_of("name: a\nversion: 1\ninherits: none.yaml\nworkdir: opt\n"),
              ElementsAreArray(Lines{m + ":3: " + at("none.yaml") + " does not exist",
                                     m + ":4: workdir 'opt' is not an absolute path"}));
  EXPECT_THAT(faults_of("name: a\nversion: 1\ninherits: manifest.yaml\nworkdir: opt\n"),
              ElementsAreArray(Lines{m + ":3: the manifests inherit in a circle: " + m + " > " + m,
                                     m + ":4: workdir 'opt' is not an absolute path"}));
}

TEST(YamlFaults, TheirNumberIsBounded) {
  YamlFaults faults;
  for (int i = 0; i < 150; ++i) faults.add({"f", 150 - i, "wrong"});
  faults.add({"f", 150, "wrong"});
  const auto sorted = faults.sorted();
  ASSERT_EQ(sorted.size(), YamlFaults::kMost + 1);
  EXPECT_EQ(sorted.front().to_string(), "f:51: wrong");
  EXPECT_EQ(sorted.back().to_string(), "f: there are more faults than are told here");
}

}  // namespace
}  // namespace workspace
