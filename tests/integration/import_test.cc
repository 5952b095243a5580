#include "libworkspace/image/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "libworkspace/base/process.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/text.h"
#include "test_paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using ::testing::AllOf;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;

Deadline soon() { return Deadline::in(std::chrono::minutes(4)); }

/// Sources made by the tools that make them elsewhere, in a folder of their own.
class ImportTest : public ::testing::Test {
 protected:
  ImportTest() {
    options_.work_folder = folder_.path();
    options_.tree_program = std::string(testing::kBinaryDir) + "/cli/workspace_tree/workspace-tree";
    options_.left_out = left_out_of_images();
    options_.limits.max_bytes = std::uint64_t{256} << 20;
    // nobody walks through it to what a test lays open.
    ::chmod(folder_.path().c_str(), 0711);
    shell(R"(mkdir -p tree/usr/bin tree/etc tree/dev
             echo 'ID=sample' >tree/etc/os-release
             head -c 300000 /dev/urandom >tree/usr/bin/program; chmod 4755 tree/usr/bin/program
             ln tree/usr/bin/program tree/usr/bin/again; ln -s usr/bin tree/bin
             truncate -s 1M tree/etc/sparse; touch tree/dev/null; mkfifo tree/etc/pipe
             chmod 0600 tree/etc/sparse; chown 7:8 tree/etc/sparse 2>/dev/null || true
             find tree -exec touch -h -d @1000000000 {} +)");
  }

  /// Runs a script in the folder; it must succeed.
  std::string shell(const std::string& script) const {
    Command command;
    command.argv = {"bash", "-ec", "cd " + folder_.path() + "\n" + script};
    const auto result = run_command(command, soon());
    if (result.exit_status != 0) throw std::runtime_error(script + ": " + result.error_output);
    return result.output;
  }

  ImportedTree import(const std::string& source) const {
    const auto colon = source.find(':');
    const bool plain = colon == std::string::npos;
    const std::string scheme = plain ? "" : source.substr(0, colon + 1);
    const std::string rest = plain ? source : source.substr(colon + 1);
    ImportSource opened = ImportSource::open(
        scheme == "ssh:" ? source : scheme + (rest[0] == '/' ? rest : folder_.file(rest)));
    return import_tree(opened, options_, soon(), [](auto...) {});
  }

  /// The SHA-256 of the squashfs that a source becomes.
  std::string digest(const std::string& source) const {
    const ImportedTree imported = import(source);
    std::string bytes(static_cast<std::size_t>(::lseek(imported.squashfs.get(), 0, SEEK_END)),
                      '\0');
    EXPECT_EQ(::pread(imported.squashfs.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return to_hex(sha256_of(bytes));
  }

  /// What unsquashfs lists of it: mode, owner, size, time and path.
  std::string listing(const std::string& source) const {
    return unsquashed(import(source).squashfs);
  }

  /// The last word of each line.
  static std::vector<std::string> names_of(const std::string& listing) {
    std::vector<std::string> names;
    for (const auto& line : split(listing, '\n'))
      if (!line.empty()) names.push_back(line.substr(line.rfind(' ') + 1));
    return names;
  }

  static std::string unsquashed(const UniqueFd& squashfs) {
    Command command;
    command.argv = {"unsquashfs", "-llnumeric", path_of_fd(squashfs)};
    command.environment = {"TZ=UTC"};
    command.kept_fds = {squashfs.get()};
    return check_command(command, soon());
  }

  static std::string path_of_fd(const UniqueFd& fd) {
    return "/proc/self/fd/" + std::to_string(fd.get());
  }

  void expect_refusal(const std::string& source, ErrorKind kind,
                      const ::testing::Matcher<const std::string&>& text) const {
    expect_error([&] { (void)import(source); }, kind, text);
    // Whatever was refused, nothing of the work is left.
    EXPECT_FALSE(std::filesystem::exists(folder_.file(".partial-layers")));
  }

  TemporaryFolder folder_;
  ImportOptions options_;
};

TEST_F(ImportTest, KeepsOwnersModesTimesLinksAndHoles) {
  EXPECT_THAT(listing("tree"),
              AllOf(HasSubstr("-rwsr-xr-x 0/0                  300000 2001-09-09 01:46 "
                              "squashfs-root/usr/bin/program\n"),
                    HasSubstr("lrwxrwxrwx 0/0                       7 2001-09-09 01:46 "
                              "squashfs-root/bin -> usr/bin\n"),
                    HasSubstr("-rw------- 7/8                 1048576 2001-09-09 01:46 "
                              "squashfs-root/etc/sparse\n"),
                    HasSubstr("squashfs-root/etc/pipe\n"), HasSubstr("squashfs-root/dev\n"),
                    Not(HasSubstr("dev/null"))));
}

TEST_F(ImportTest, TheSameTreeGivesTheSameBytesInWhateverFormItComes) {
  shell(R"(tar -C tree --sort=name -cf sorted.tar .
           tar -C tree -czf other.tar.gz etc dev usr bin; tar -C tree -cJf other.tar.xz usr etc bin dev
           tar -C tree --zstd -cf other.tar.zst ./bin ./usr ./etc ./dev
           touch -d @1000000000 tree
           mksquashfs tree tree.squashfs -quiet -no-progress >/dev/null
           mke2fs -q -t ext4 -d tree tree.ext4 16M
           echo 'label: gpt
           start=2048,size=4096
           start=8192,size=32768,type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709' >table
           truncate -s 24M disk.raw; sfdisk -q disk.raw <table
           dd if=tree.ext4 of=disk.raw bs=1M seek=4 conv=notrunc status=none
           qemu-img convert -q -O qcow2 disk.raw disk.qcow2)");
  const std::string expected = digest("sorted.tar");
  for (const char* source : {"tree", "tree.squashfs", "sorted.tar"})
    EXPECT_EQ(digest(source), expected) << source;
  // The root's own time is not in these archives; mke2fs adds lost+found, which is left out.
  const std::string rootless = digest("other.tar.gz");
  for (const char* source : {"other.tar.xz", "other.tar.zst"})
    EXPECT_EQ(digest(source), rootless) << source;
  const std::string ext = digest("tree.ext4");
  EXPECT_EQ(digest("disk.raw"), ext);
  EXPECT_EQ(digest("disk.qcow2"), ext);
}

TEST_F(ImportTest, SetsLaterTimesBack) {
  options_.newest_mtime_s = 86400;
  EXPECT_THAT(listing("tree"), AllOf(HasSubstr(" 1970-01-02 00:00 squashfs-root/etc/os-release\n"),
                                     Not(HasSubstr("2001"))));
}

TEST_F(ImportTest, ADryRunTellsAndWritesNothing) {
  options_.dry_run = true;
  options_.left_out.add(LeftOut({"usr/bin/again"}));
  const auto before = shell("find . | sort");
  const ImportedTree checked = import("tree");
  EXPECT_FALSE(checked.squashfs.valid());
  EXPECT_EQ(checked.summary.entries, 10U);
  EXPECT_EQ(checked.summary.bytes, 300000U + 1048576U + 10U);
  EXPECT_EQ(shell("find . | sort"), before);
}

TEST_F(ImportTest, WhatAJobChangedBecomesALayerThatFlattens) {
  // A scratch disk as a guest leaves it, and what overlayfs would show of both.
  shell(R"(mksquashfs tree base.squashfs -quiet -no-progress -all-root >/dev/null
           mkdir -p scratch/upper/usr/bin scratch/upper/etc scratch/upper/tmp scratch/work
           mknod scratch/upper/bin c 0 0; ln scratch/upper/bin scratch/upper/usr/bin/again
           ln scratch/upper/bin scratch/work/spare
           echo new >scratch/upper/etc/new; ln scratch/upper/etc/new scratch/upper/etc/twice
           python3 -c 'import os
os.setxattr("scratch/upper/etc", "trusted.overlay.opaque", b"y")
os.setxattr("scratch/upper/etc/new", "trusted.overlay.origin", b"x")'
           echo secret >scratch/upper/tmp/file; echo outside >scratch/outside
           find scratch -exec touch -h -d @1000000000 {} +
           mke2fs -q -t ext4 -O ^has_journal -d scratch scratch.ext4 16M)");
  options_.left_out.add(LeftOut({"tmp/*"}));
  ImportSource upper = ImportSource::open(folder_.file("scratch.ext4"));
  upper.kind = SourceKind::kUpper;
  ImportedTree layer = import_tree(upper, options_, soon(), [](auto...) {});
  EXPECT_THAT(unsquashed(layer.squashfs),
              AllOf(HasSubstr("crw-r--r-- 0/0                   0,  0 2001-09-09 01:46 "
                              "squashfs-root/usr/bin/again\n"),
                    HasSubstr("squashfs-root/etc/twice\n"), Not(HasSubstr("file")),
                    Not(HasSubstr("outside"))));

  ImportSource whole = ImportSource::open(folder_.file("base.squashfs"));
  whole.layers.push_back(std::move(layer.squashfs));
  EXPECT_THAT(names_of(unsquashed(import_tree(whole, options_, soon(), [](auto...) {}).squashfs)),
              ::testing::ElementsAre("squashfs-root", "squashfs-root/dev", "squashfs-root/etc",
                                     "squashfs-root/etc/new", "squashfs-root/etc/twice",
                                     "squashfs-root/tmp", "squashfs-root/usr",
                                     "squashfs-root/usr/bin", "squashfs-root/usr/bin/program"));
}

TEST_F(ImportTest, FlattensTheLayersOfAContainerImage) {
  shell(R"(umoci init --layout oci; umoci new --image oci:v1
           umoci unpack --rootless --image oci:v1 bundle >/dev/null 2>&1
           cp -a tree/. bundle/rootfs/; mkdir -p bundle/rootfs/gone; echo x >bundle/rootfs/gone/x
           umoci repack --image oci:v1 bundle >/dev/null 2>&1
           rm -rf bundle; umoci unpack --rootless --image oci:v1 bundle >/dev/null 2>&1
           rm -rf bundle/rootfs/gone; echo new >bundle/rootfs/etc/new
           umoci repack --image oci:v1 bundle >/dev/null 2>&1
           skopeo --insecure-policy copy -q oci:oci:v1 docker-archive:saved.tar:a:v1
           skopeo --insecure-policy copy -q oci:oci:v1 oci-archive:packed.tar)");
  const std::string list = listing("oci");
  EXPECT_THAT(list, AllOf(HasSubstr("squashfs-root/etc/new\n"), HasSubstr("/usr/bin/program\n"),
                          Not(HasSubstr("gone")), Not(HasSubstr(".wh."))));
  const std::string expected = digest("oci");
  EXPECT_EQ(digest("docker-archive:saved.tar"), expected);
  EXPECT_EQ(digest("oci-archive:packed.tar"), expected);
  expect_refusal("saved.tar", ErrorKind::kInvalid,
                 HasSubstr("is a saved container image; import it as docker-archive:FILE"));

  shell(
      "f=$(ls -S oci/blobs/sha256/* | head -n1); printf %64s X | dd of=$f bs=1 seek=100 "
      "conv=notrunc "
      "status=none");
  expect_refusal("oci", ErrorKind::kInvalid, HasSubstr("cannot be read as a container image: "));
}

TEST_F(ImportTest, RefusesTheTricksOfLayers) {
  // Layers by hand, as no honest tool makes them; skopeo's `dir:` is what the sandbox hands on.
  const auto with_layers = [&](const std::vector<std::string>& scripts) {
    std::string script = R"(rm -rf oci; mkdir -p oci/blobs/sha256; cd oci
      echo '{"imageLayoutVersion":"1.0.0"}' >oci-layout
      blob() { local d; d=$(sha256sum <"$1" | cut -d' ' -f1); mv "$1" blobs/sha256/$d; echo $d; }
      layers= diffs=
      layer() { tar -C ../layer --owner=0 --group=0 "$@" -cf l .; local s d; s=$(stat -c %s l); d=$(blob l)
        layers+="${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"size\":$s,\"digest\":\"sha256:$d\"}"
        diffs+="${diffs:+,}\"sha256:$d\""; }
)";
    for (const auto& layer : scripts)
      script += "rm -rf ../layer; mkdir ../layer; (cd ../layer; " + layer + "); layer\n";
    shell(
        script +
        R"(echo '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":['$diffs']}}' >c
      cs=$(stat -c %s c) c=$(blob c)
      echo '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":'$cs',"digest":"sha256:'$c'"},"layers":['$layers']}' >m
      ms=$(stat -c %s m) m=$(blob m)
      echo '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":'$ms',"digest":"sha256:'$m'"}]}' >index.json)");
  };
  with_layers(
      {"mkdir etc; echo a >etc/a; echo b >etc/b", "mkdir etc; touch etc/.wh.a etc/.wh.none"});
  EXPECT_THAT(listing("oci"), AllOf(HasSubstr("etc/b\n"), Not(HasSubstr("etc/a\n"))));
  with_layers({"mkdir etc; echo a >etc/a", "mkdir etc; echo c >etc/c; touch etc/.wh..wh..opq"});
  EXPECT_THAT(listing("oci"), AllOf(HasSubstr("etc/c\n"), Not(HasSubstr("etc/a\n"))));
  with_layers({"echo a >a", "touch .wh..."});
  expect_refusal("oci", ErrorKind::kInvalid,
                 "the whiteout '.wh...' names nothing that a layer could take away");
  with_layers({"echo a >a", "touch .wh."});
  expect_refusal("oci", ErrorKind::kInvalid,
                 "the whiteout '.wh.' names nothing that a layer could take away");
  with_layers({"ln -s /etc link", "mkdir link; echo x >link/passwd"});
  EXPECT_THAT(listing("oci"), HasSubstr("link/passwd\n")) << "the folder takes the link's place";
}

TEST_F(ImportTest, RefusesTarsThatLeadOut) {
  shell(R"(mkdir t; echo x >t/x; ln t/x t/hard
           tar --absolute-names -cf absolute.tar $PWD/t/x
           tar -C t --transform 's,^,../../,' -cf up.tar x 2>/dev/null
           tar -C t --transform 's,^x,a/../../../etc/x,' -cf middle.tar x 2>/dev/null
           tar -C t -cf all.tar x hard; tar -f all.tar --delete x; mv all.tar hard-out.tar
           tar -C t -cf hard-up.tar x hard --transform 's,^x$,../../etc/shadow,HS' 2>/dev/null
           mkdir l; ln -s /etc l/link; mkdir m m/link; echo x >m/link/passwd
           tar -C l -cf under.tar link; tar -C m -rf under.tar link/passwd)");
  for (const auto& [source, message] : {
           std::pair{"absolute.tar", "' is absolute"},
           std::pair{"up.tar", "the name '../../x' leads out of the tree by '..'"},
           std::pair{"middle.tar", "the name 'a/../../../etc/x' leads out of the tree by '..'"},
           std::pair{"hard-out.tar",
                     "'hard' is a hard link to 'x', which is no file before it in the tree"},
           std::pair{"under.tar", "'link/passwd' lies below 'link', which is no folder"},
       }) {
    expect_refusal(source, ErrorKind::kInvalid, HasSubstr(message));
  }
}

TEST_F(ImportTest, RefusesDevicesOutsideOfDev) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a device";
  shell(
      "mkdir d d/dev; mknod d/dev/sda b 8 0; tar -C d -cf fine.tar .; mknod d/disk b 8 0; "
      "tar -C d -cf device.tar .");
  shell("mkdir h; echo x >h/a; ln h/a h/b; tar -C h -cf hard.tar a b");
  EXPECT_EQ(import("fine.tar").summary.left_out, 1U);
  for (const char* source : {"device.tar", "d"}) {
    expect_refusal(source, ErrorKind::kInvalid,
                   "'disk' is a device, which an image may not hold; leave it out with --exclude");
  }
  options_.left_out.add(LeftOut({"a"}));
  expect_refusal("hard.tar", ErrorKind::kInvalid,
                 "'b' is a hard link to 'a', which is left out; leave out both or none");
  EXPECT_EQ(import("h").summary.bytes, 2U) << "tar itself tells the name that stays";
}

TEST_F(ImportTest, RefusesBombs) {
  options_.limits.max_bytes = std::uint64_t{16} << 20;
  shell(R"(truncate -s 40M zeros; tar -cf - zeros | gzip -1 >bomb.tar.gz
           tar -cf - zeros | zstd -q >bomb.tar.zst; tar -Scf sparse.tar zeros
           rm zeros; qemu-img create -q -f qcow2 vast.qcow2 1P)");
  for (const char* source : {"bomb.tar.gz", "bomb.tar.zst", "sparse.tar"}) {
    expect_refusal(source, ErrorKind::kExceeded,
                   "the files hold more than 16 MiB; if that is meant, raise --max-size");
  }
  expect_refusal("vast.qcow2", ErrorKind::kExceeded, HasSubstr("is a disk of 1073741824 MiB"));
  options_.limits.max_entries = 5;
  expect_refusal("tree", ErrorKind::kExceeded, "there are more than 5 files");
}

TEST_F(ImportTest, RefusesDisksThatLeadElsewhere) {
  shell(R"(truncate -s 1M base.raw
           qemu-img create -q -f qcow2 -b base.raw -F raw backing.qcow2
           qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on data.qcow2 1M
           qemu-img create -q -f qcow2 empty.qcow2 1M)");
  expect_refusal("backing.qcow2", ErrorKind::kInvalid, HasSubstr("has a backing file"));
  expect_refusal("data.qcow2", ErrorKind::kInvalid, HasSubstr("keeps its data in another file"));
  expect_refusal("empty.qcow2", ErrorKind::kInvalid, HasSubstr("has no partition table"));
}

TEST_F(ImportTest, RefusesWhatIsTruncatedOrGarbage) {
  // Garbage, the same in every run: what is found first in it decides what is said of it.
  shell(R"(garbage() { python3 -c 'import random, sys
sys.stdout.buffer.write(random.Random(1).randbytes(int(sys.argv[1])))' "$1"; }
           tar -C tree -czf t.tar.gz .; head -c 20000 t.tar.gz >short.tar.gz
           tar -C tree -cf t.tar .; head -c 50000 t.tar >short.tar
           garbage 100000 >garbage; : >empty
           mksquashfs tree t.squashfs -quiet -no-progress >/dev/null; head -c 50000 t.squashfs >short.squashfs
           mke2fs -q -t ext4 -d tree t.ext4 16M; head -c 100000 t.ext4 >short.ext4
           cp t.ext4 broken.ext4; garbage 400000 | dd of=broken.ext4 bs=1k seek=8 conv=notrunc status=none
           mke2fs -q -t ext4 -O ^extent,^64bit -d tree astray.ext4 16M
           debugfs -w -R 'set_inode_field /etc block[0] 9999999' astray.ext4 2>/dev/null
           head -c 15M t.ext4 >shortened.ext4
           { head -c 32 /dev/zero; printf 'SIF_MAGIC\0'; head -c 10 /dev/zero; } >short.sif
           printf 'QFI\373' >short.qcow2; printf 'XFSB' >x.xfs; mkfifo fifo)");
  for (const auto& [source, kind, message] : {
           std::tuple{"short.tar.gz", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"short.tar", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"garbage", ErrorKind::kInvalid, "cannot be read as an archive: "},
           std::tuple{"empty", ErrorKind::kNotFound, "is empty: there is nothing to import"},
           std::tuple{"short.squashfs", ErrorKind::kInvalid, "reading "},
           std::tuple{"short.ext4", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"shortened.ext4", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"broken.ext4", ErrorKind::kInvalid, "cannot be read as ext4: "},
           std::tuple{"astray.ext4", ErrorKind::kInvalid, "cannot be read as ext4: 'etc': "},
           std::tuple{"short.sif", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"short.qcow2", ErrorKind::kNotFound, "ends early: it is truncated"},
           std::tuple{"x.xfs", ErrorKind::kInvalid, "is an XFS file system; import a tar of it"},
           std::tuple{"fifo", ErrorKind::kInvalid, "is neither a regular file nor a folder"},
           std::tuple{"nothing", ErrorKind::kNotFound, "does not exist"},
           std::tuple{"docker-archive:garbage", ErrorKind::kInvalid,
                      "cannot be read as a container image: "},
       }) {
    SCOPED_TRACE(source);
    expect_refusal(source, kind, HasSubstr(message));
  }
}

TEST_F(ImportTest, ReadsARunningMachineThroughARemoteShell) {
  // In the place of ssh: a host's name, then the command line that a shell there would get.
  folder_.write("rsh", "#!/bin/bash\n[ \"$1\" = admin@old ] || exit 255\ncd " + folder_.path() +
                           "/machine\nexec sh -c \"${2//-C \\'\\/\\'/-C .}\"\n");
  shell(
      "cp -a tree machine; chmod 0755 rsh; mkdir -p machine/home/user1 machine/proc/1; "
      "touch machine/etc/machine-id \"machine/it's\"");
  options_.remote_shell = {folder_.file("rsh")};
  options_.left_out = left_out_of_machines();
  EXPECT_THAT(listing("ssh:admin@old"),
              AllOf(HasSubstr("/usr/bin/program\n"), HasSubstr("squashfs-root/home\n"),
                    HasSubstr("squashfs-root/it's\n"), Not(HasSubstr("user1")),
                    Not(HasSubstr("machine-id"))));
  expect_refusal("ssh:other", ErrorKind::kHost, "reading ssh:other: status 255");
  for (const auto& [source, message] : {
           std::pair{"ssh:-oProxyCommand=x",
                     "'-oProxyCommand=x' is not a host; expected "
                     "ssh:[USER@]HOST[:/PATH]"},
           std::pair{"ssh:a b", "'a b' is not a host; expected ssh:[USER@]HOST[:/PATH]"},
           std::pair{"ssh:host:etc", "'etc' is not an absolute path on host"},
       }) {
    expect_refusal(source, ErrorKind::kInvalid, message);
  }
}

TEST_F(ImportTest, ReadsTheRootOfASif) {
  shell(R"sh(mksquashfs tree t.squashfs -quiet -no-progress >/dev/null
           size=$(stat -c %s t.squashfs)
           le() { printf "%0$(($2 * 2))x\n" "$1" | fold -w2 | tac | sed 's/^/\\x/' | tr -d '\n'; }
           { head -c 32 /dev/zero; printf 'SIF_MAGIC\0'; head -c 46 /dev/zero
             printf "$(le 1 8)$(le 128 8)"; head -c 24 /dev/zero
             printf "$(le 16388 4)\x01"; head -c 12 /dev/zero; printf "$(le 713 8)$(le $size 8)"
             head -c 168 /dev/zero; printf "$(le 1 4)$(le 2 4)"; head -c 376 /dev/zero
             cat t.squashfs;
} >image.sif)sh");
  EXPECT_EQ(digest("image.sif"), digest("t.squashfs"));
}

}  // namespace
}  // namespace workspace
