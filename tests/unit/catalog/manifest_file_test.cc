#include "libworkspace/catalog/manifest_file.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kDigest[] =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr char kSmallest[] =
    "name: tiny\n"
    "version: \"1\"\n"
    "root: {file: tiny.squashfs, format: squashfs}\n";

const std::string kFull =
    "name: legacy-bullseye\n"
    "version: 2024.1-rc1\n"
    "description: 'Debian 11, \"the\" \\ classic, für alle'\n"
    "root: {file: a b.ext4, format: ext4, digest: " +
    std::string(kDigest) +
    ", size: 7}\n"
    "kernel: {file: /boot/vmlinux}\n"
    "initrd: {file: initrd.img}\n"
    "boot: agent\n"
    "needs: {memory: 1G, vcpus: 2, disk: 1500K}\n";

const std::string kEveryOptionalKey = std::string(kSmallest) +
                                      "maintainer: Ada <ada@site.example>\n"
                                      "licence: GPL-2.0-only\n"
                                      "created: 2026-01-31\n"
                                      "expires: 2027-01-31T12:30:05Z\n"
                                      "kernel_options: quiet\n"
                                      "boot: init\n"
                                      "needs: {architecture: aarch64, gpu: 2}\n"
                                      "env: {LANG: C.UTF-8, A1: \"a \\\"b\\\"\"}\n"
                                      "workdir: /opt/model\n"
                                      "mounts: [/data, '/sw:/opt/sw:ro']\n"
                                      "allow_root: true\n"
                                      "network: none\n"
                                      "host_commands: [sbatch, squeue]\n"
                                      "caps: {disk_iops: 100, network_in: 1G}\n"
                                      "access: {allow: {users: [ann, \"b c\"], qos: []}, "
                                      "deny: {groups: [guests]}}\n";

TEST(ManifestFile, ReadsEveryKey) {
  const Manifest manifest = parse_manifest(kFull, "f");
  EXPECT_EQ(manifest.name.text(), "legacy-bullseye");
  EXPECT_EQ(manifest.version.text(), "2024.1-rc1");
  EXPECT_EQ(manifest.description, "Debian 11, \"the\" \\ classic, für alle");
  EXPECT_EQ(manifest.root.path, "a b.ext4");
  EXPECT_EQ(manifest.root_format, RootFormat::kExt4);
  EXPECT_EQ(manifest.root.digest->to_string(), kDigest);
  EXPECT_EQ(manifest.root.size_bytes, 7);
  EXPECT_EQ(manifest.kernel->path, "/boot/vmlinux");
  EXPECT_FALSE(manifest.kernel->digest.has_value());
  EXPECT_EQ(manifest.initrd->path, "initrd.img");
  EXPECT_EQ(manifest.needs.memory_mib, 1024);
  EXPECT_EQ(manifest.needs.vcpus, 2);
  EXPECT_EQ(manifest.needs.disk_mib, 2);
}

TEST(ManifestFile, WhatIsLeftOutHasADefault) {
  const Manifest manifest = parse_manifest(kSmallest, "f");
  EXPECT_EQ(manifest.description, "");
  EXPECT_FALSE(manifest.kernel.has_value());
  EXPECT_FALSE(manifest.initrd.has_value());
  EXPECT_EQ(manifest.needs.memory_mib, 0);
  EXPECT_EQ(manifest.needs.vcpus, 1);
  EXPECT_EQ(manifest.needs.disk_mib, 0);
}

TEST(ManifestFile, ReadsEveryOptionalKey) {
  const Manifest manifest = parse_manifest(kEveryOptionalKey, "f");
  EXPECT_EQ(manifest.maintainer, "Ada <ada@site.example>");
  EXPECT_EQ(manifest.licence, "GPL-2.0-only");
  EXPECT_EQ(format_utc_time(*manifest.created), "2026-01-31T00:00:00Z");
  EXPECT_EQ(format_utc_time(*manifest.expires), "2027-01-31T12:30:05Z");
  EXPECT_EQ(manifest.kernel_options, "quiet");
  EXPECT_EQ(manifest.boot, BootMode::kInit);
  EXPECT_EQ(manifest.needs.architecture, "aarch64");
  EXPECT_EQ(manifest.needs.gpus, 2U);
  EXPECT_THAT(manifest.env, ::testing::ElementsAre(ImageVariable{"A1", "a \"b\""},
                                                   ImageVariable{"LANG", "C.UTF-8"}));
  EXPECT_EQ(manifest.workdir, "/opt/model");
  EXPECT_EQ(format_mounts(manifest.mounts), "/data:/data:rw,/sw:/opt/sw:ro");
  EXPECT_TRUE(manifest.allow_root);
  EXPECT_EQ(manifest.network, ImageNetwork::kNone);
  EXPECT_EQ(manifest.host_commands, (std::vector<std::string>{"sbatch", "squeue"}));
  EXPECT_EQ(manifest.caps.disk_iops, 100U);
  EXPECT_EQ(manifest.caps.network_in_kib_per_s, 1U << 20);
  EXPECT_EQ(describe(manifest.access), "users ann, b c; qos (none); not groups guests");
  EXPECT_EQ(parse_manifest(kSmallest + std::string("host_commands: []\n"), "f").host_commands,
            std::vector<std::string>());
}

TEST(ManifestFile, TheCanonicalTextReadsBackToItself) {
  for (const std::string& text : {std::string(kSmallest), kFull, kEveryOptionalKey,
                                  kSmallest + std::string("host_commands: []\n")}) {
    SCOPED_TRACE(text);
    const std::string canonical = format_manifest(parse_manifest(text, "f"));
    EXPECT_EQ(format_manifest(parse_manifest(canonical, "f")), canonical);
    EXPECT_EQ(manifest_digest(canonical), manifest_digest(canonical));
  }
}

/// An image's identity hangs on these bytes: a change here makes every registered image another.
TEST(ManifestFile, TheCanonicalTextNeverChanges) {
  EXPECT_EQ(format_manifest(parse_manifest(kFull, "f")),
            "name: \"legacy-bullseye\"\n"
            "version: \"2024.1-rc1\"\n"
            "description: \"Debian 11, \\\"the\\\" \\\\ classic, für alle\"\n"
            "root:\n"
            "  file: \"a b.ext4\"\n"
            "  format: ext4\n"
            "  digest: " +
                std::string(kDigest) +
                "\n"
                "  size: 7\n"
                "kernel:\n"
                "  file: \"/boot/vmlinux\"\n"
                "initrd:\n"
                "  file: \"initrd.img\"\n"
                "boot: agent\n"
                "needs:\n"
                "  memory: 1024M\n"
                "  vcpus: 2\n"
                "  disk: 2M\n");
  EXPECT_EQ(manifest_digest("").to_string(), kDigest);
  EXPECT_EQ(format_manifest(parse_manifest(kEveryOptionalKey, "f")),
            "name: \"tiny\"\n"
            "version: \"1\"\n"
            "description: \"\"\n"
            "maintainer: \"Ada <ada@site.example>\"\n"
            "licence: \"GPL-2.0-only\"\n"
            "created: 2026-01-31T00:00:00Z\n"
            "expires: 2027-01-31T12:30:05Z\n"
            "root:\n"
            "  file: \"tiny.squashfs\"\n"
            "  format: squashfs\n"
            "kernel_options: \"quiet\"\n"
            "boot: init\n"
            "needs:\n"
            "  memory: 0M\n"
            "  vcpus: 1\n"
            "  disk: 0M\n"
            "  architecture: aarch64\n"
            "  gpu: 2\n"
            "env:\n"
            "  A1: \"a \\\"b\\\"\"\n"
            "  LANG: \"C.UTF-8\"\n"
            "workdir: \"/opt/model\"\n"
            "mounts:\n"
            "  - \"/data:/data:rw\"\n"
            "  - \"/sw:/opt/sw:ro\"\n"
            "allow_root: true\n"
            "network: none\n"
            "host_commands:\n"
            "  - \"sbatch\"\n"
            "  - \"squeue\"\n"
            "caps:\n"
            "  disk_iops: 100\n"
            "  network_in: 1G\n"
            "access:\n"
            "  allow:\n"
            "    users:\n"
            "      - \"ann\"\n"
            "      - \"b c\"\n"
            "    qos: []\n"
            "  deny:\n"
            "    groups:\n"
            "      - \"guests\"\n");
}

TEST(ManifestFile, RefusesWithPlaceAndReason) {
  const std::string start = "name: tiny\nversion: 1\n";
  const std::string root = "root: {file: a, format: squashfs}\n";
  struct Case {
    std::string text;
    std::string message;
  };
  for (const auto& [text, message] : {
           Case{"", "f:1: key 'name' is missing"},
           Case{"nmae: tiny\n", "f:1: unknown key 'nmae'; did you mean 'name'?"},
           Case{"name: tiny\n", "f:1: key 'version' is missing"},
           Case{start, "f:1: key 'root' is missing"},
           Case{start + "root: a\n", "f:3: key 'root' takes a map, not one value"},
           Case{start + "root: {file: a}\n", "f:3: key 'format' is missing"},
           Case{start + "root: {format: ext4}\n", "f:3: key 'file' is missing"},
           Case{start + "root: {file: '', format: ext4}\n", "f:3: the file's name is empty"},
           Case{start + "root: {file: a, format: qcow2}\n", "f:3: "},
           Case{start + "root: {file: a, fromat: ext4}\n",
                "f:3: unknown key 'fromat'; did you mean 'format'?"},
           Case{start + "root: {file: a, format: ext4, digest: sha256:12}\n",
                "f:3: 'sha256:12' is not a digest"},
           Case{start + "root: {file: a, format: ext4, size: -1}\n",
                "f:3: size '-1' is not a whole number up to"},
           Case{start + root + "kernel: {file: a, format: ext4}\n", "f:4: unknown key 'format'"},
           Case{start + root + "boot: sysv\n",
                "f:4: boot 'sysv' is not known; there are agent, init"},
           Case{start + root + "inherits: base.yaml\n",
                "f:4: a registered manifest inherits nothing"},
           Case{start + root + "maintainer: \"a\\tb\"\n", "f:4: maintainer must be one line"},
           Case{start + root + "licence: [MIT]\n",
                "f:4: key 'licence' takes one value, not a list"},
           Case{start + root + "expires: tomorrow\n", "f:4: expires 'tomorrow' is not a time"},
           Case{start + root + "created: 2026-02-30\n", "f:4: created '2026-02-30' is not a time"},
           Case{start + root + "created: 2026-02-02\nexpires: 2026-02-01\n",
                "f:5: the image expires before it was created"},
           Case{start + root + "kernel_options: \"a\\nb\"\n",
                "f:4: kernel_options must be one line"},
           Case{start + root + "needs: {architecture: vax}\n",
                "f:4: architecture 'vax' is not known; there are x86_64, aarch64"},
           Case{start + root + "needs: {gpu: 65}\n",
                "f:4: gpu '65' is not a whole number up to 64"},
           Case{start + root + "env: {1A: x}\n", "f:4: '1A' is not the name of a variable"},
           Case{start + root + "env: {A-B: x}\n", "f:4: 'A-B' is not the name of a variable"},
           Case{start + root + "env: {A: \"x\\ny\"}\n", "f:4: the value of A must be one line"},
           Case{start + root + "env: {A: {B: c}}\n", "f:4: key 'A' takes one value, not a map"},
           Case{start + root + "env: [A]\n", "f:4: key 'env' takes a map, not a list"},
           Case{start + root + "workdir: opt\n", "f:4: workdir 'opt' is not an absolute path"},
           Case{start + root + "mounts: /data\n", "f:4: key 'mounts' takes a list, such as [a, b]"},
           Case{start + root + "mounts:\n- /data\n- data\n",
                "f:6: mount source 'data' is not an absolute path"},
           Case{start + root + "mounts: [/data:/usr]\n", "f:4: nothing may be mounted at '/usr'"},
           Case{start + root + "mounts: [/a:/x, /b:/x]\n",
                "f:4: two mounts have the destination '/x'"},
           Case{start + root + "mounts: [/a, /a]\n", "f:4: '/a' is given twice in the list"},
           Case{start + root + "allow_root: yes\n",
                "f:4: allow_root 'yes' is neither true nor false"},
           Case{start + root + "network: public\n",
                "f:4: network 'public' is not known; there are none, private"},
           Case{start + root + "host_commands: [../sbatch]\n",
                "f:4: '../sbatch' is not the name of a command"},
           Case{start + root + "host_commands: [{a: b}]\n",
                "f:4: a list holds plain values, not maps"},
           Case{start + root + "needs: {memroy: 1G}\n",
                "f:4: unknown key 'memroy'; did you mean 'memory'?"},
           Case{start + root + "needs: {memory: lots}\n", "f:4: memory 'lots' is not a size"},
           Case{start + root + "needs: {vcpus: 1.5}\n", "f:4: vcpus '1.5' is not a whole number"},
           Case{start + root + "needs: {vcpus: 65536}\n",
                "f:4: vcpus '65536' is not a whole number up to 65535"},
           Case{start + root + "needs: 4\n", "f:4: key 'needs' takes a map, not one value"},
           Case{start + root + "description: \"a\\nb\"\n", "f:4: description must be one line"},
           Case{start + root + "description: " + std::string(257, 'x') + "\n",
                "f:4: description has 257 bytes; at most 256 are allowed"},
           Case{"name: a/b\nversion: 1\n" + root, "f:1: image name 'a/b' has the character '/'"},
           Case{"name: ..\nversion: 1\n" + root, "f:1: image name '..' has the character '.'"},
           Case{"name: \"a\\nb\"\nversion: 1\n" + root,
                "f:1: image name 'a\\x0ab' has the character '\\x0a' at position 2"},
           Case{"name: " + std::string(300, 'a') + "\nversion: 1\n" + root,
                "f:1: image name '" + std::string(64, 'a') +
                    "...' has 300 characters; at most 64 are allowed"},
           Case{"name: none\nversion: 1\n" + root, "f:1: image name 'none' is reserved"},
           Case{"name: tiny\nversion: ../1\n" + root,
                "f:2: image version '../1' has the character"},
       }) {
    SCOPED_TRACE(text);
    expect_error([&] { parse_manifest(text, "f"); }, ErrorKind::kInvalid, StartsWith(message));
  }
}

TEST(ManifestFile, RefusesMoreThanAMebibyte) {
  expect_error([] { parse_manifest(std::string(kMaxManifestBytes + 1, '#'), "f"); },
               ErrorKind::kInvalid, HasSubstr("a manifest has at most 1048576 bytes"));
}

}  // namespace
}  // namespace workspace
