# Folders of the node inside: what can be mounted where, that it is a file system like any
# other, and that the node's kernel checks every access as the user, whoever the guest's process is.
# WORKSPACE_E2E_FILES and WORKSPACE_E2E_STREAM_MIB make the tests of volume longer. Where the node is
# emulated a file takes a quarter of a second, and a stream makes 2 MiB/s.

bats_require_minimum_version 1.5.0
load support

case $hypervisor in
    qemu) kFiles=2000 kStreamMiB=64 ;;
    xen) kFiles=100 kStreamMiB=8 ;;
esac
readonly kFiles=${WORKSPACE_E2E_FILES:-$kFiles} kStreamMiB=${WORKSPACE_E2E_STREAM_MIB:-$kStreamMiB}

setup_file() {
    start_lab
    lab run sh -c 'mkdir -p /root/rooted && cd /root/rooted && cp /run/lab/images/legacy-bullseye/*.squashfs . &&
        cat >manifest.yaml && chmod 0644 ./* && timeout 120 workspace image register manifest.yaml &&
        workspace image approve rooted' >&2 <<'END'
name: rooted
version: "1"
description: Debian 11 whose users may be root
root: {file: legacy-bullseye.squashfs, format: squashfs}
needs: {memory: 192M, vcpus: 1}
allow_root: true
mounts: ["/tmp/srv/of-image:/opt/of-image:ro"]
END
    on 1 sh -e <<'END'
# Below /tmp, which is a file system of its own in a lab's node: the server takes the two devices that an
# overlay shows for a mount point.
mkdir -p /tmp/srv/of-image /tmp/srv/of-site /tmp/srv/closed/open '/tmp/srv/a b:c,d' /tmp/srv/data
echo image >/tmp/srv/of-image/file
echo site >/tmp/srv/of-site/file
echo odd >'/tmp/srv/a b:c,d/file'
echo secret >/tmp/srv/data/of-root; chmod 0600 /tmp/srv/data/of-root
echo secret >/tmp/srv/data/of-user2; chown 2002:2002 /tmp/srv/data/of-user2; chmod 0600 /tmp/srv/data/of-user2
mkdir /tmp/srv/data/closed; echo secret >/tmp/srv/data/closed/file; chmod 0700 /tmp/srv/data/closed
echo node >/tmp/srv/outside; ln -s /tmp/srv/outside /tmp/srv/data/absolute; ln -s ../outside /tmp/srv/data/relative
mknod /tmp/srv/data/disk b 8 0; mknod /tmp/srv/data/null c 1 3; chmod 0666 /tmp/srv/data/disk /tmp/srv/data/null
chown 2001:2001 /tmp/srv/data; chmod 0755 /tmp/srv/data
mkdir /tmp/srv/files; cd /tmp/srv/files; echo licence >licence; echo beside >beside; echo one >notes; chown 2001:2001 notes
echo x >/tmp/srv/closed/open/file; chmod 0700 /tmp/srv/closed
echo 'mounts: ["/tmp/srv/of-site:/opt/of-site:ro", /tmp/srv/not-there]' >>/etc/workspace/workspace.yaml
END
    # One job has all of it, and its user is root inside.
    job=$(start_job user1 --workspace=rooted --mem=400M --workspace-root --workspace-mount='/tmp/srv/data:/data,/tmp/srv/data:/mnt/deep/er/ro:ro,/tmp/srv/a b\:c\,d:/odd \:\,name,/tmp/srv/files/licence:/opt/app/licence.dat:ro,/tmp/srv/files/notes:/opt/app/notes')
    export job
}

teardown_file() { lab down >&2; }

inside() { as user1 srun --quiet --jobid="$job" --overlap -n1 "$@"; }
# As the user, not root: the agent's root may become them.
as_user_inside() { inside setpriv --reuid=2001 --regid=2001 --clear-groups "$@"; }

@test "site, image and user each have their mounts, at mount points that are made" {
    run inside sh -c 'cat /opt/of-site/file /opt/of-image/file /data/absolute 2>&1; ls -d /mnt/deep/er/ro; id -u'
    expect_output $'site\nimage\ncat: /data/absolute: No such file or directory\n/mnt/deep/er/ro\n0'
    run inside sh -c 'stat -f -c %T /opt/of-site /'
    expect_output $'v9fs\noverlayfs'
}

@test "names with spaces, colons and commas" {
    run inside cat '/odd :,name/file'
    expect_output odd
}

@test "single files, and nothing else of their folder" {
    run inside sh -c 'cd /opt/app && ls && stat -c %F licence.dat && cat licence.dat'
    expect_output $'licence.dat\nnotes\nregular file\nlicence'
    run inside sh -c 'echo x >>/opt/app/licence.dat'
    expect_output_contains 'Read-only file system'
    inside sh -c 'cd /opt/app && echo two >>notes && truncate -s 7 notes'
    run on 1 cat /tmp/srv/files/notes
    expect_output $'one\ntwo'
    # It is a mount: what would replace it is refused, and what replaces it on the node is not seen.
    run inside sh -c 'cd /opt/app && echo new >notes.new && mv notes.new notes'
    expect_output_contains 'busy'
    on 1 sh -c 'cd /tmp/srv/files && echo other >notes.new && mv notes.new notes'
    run inside cat /opt/app/notes
    expect_status 1
    run on 1 sh -c 'ls /tmp/srv/files'
    expect_output $'beside\nlicence\nnotes'
}

@test "read-only is read-only, though root inside mounts it anew" {
    run inside sh -c 'echo x >/mnt/deep/er/ro/new'
    expect_output_contains 'Read-only file system'
    inside mount -o remount,rw /mnt/deep/er/ro
    run inside sh -c 'echo x >/mnt/deep/er/ro/new'
    [ "$status" -ne 0 ]
    run on 1 test -e /tmp/srv/data/new
    expect_status 1
}

@test "root inside has the user's rights and no more" {
    local path
    for path in of-root of-user2 closed/file; do
        run inside cat "/data/$path"
        expect_status 1
        expect_output_contains 'Permission denied'
    done
    run inside sh -c 'cd /data; rm -rf made; chown 0:0 .; chmod 4777 of-root; mknod dev b 8 0; mkdir made && mknod made/dev c 1 3'
    expect_output_contains 'Operation not permitted'
    inside sh -c 'echo x >/data/by-root'
    run on 1 sh -c 'stat -c "%U %G %a" /tmp/srv/data/by-root; ls /tmp/srv/data/made'
    expect_output $'user1 user1 644'
}

@test "links lead to what is inside, and none leads out of the tree" {
    run inside sh -c 'mkdir -p /tmp/srv; echo of-the-vm >/tmp/srv/outside; cat /data/absolute /data/relative 2>&1; ls /data/../tmp/srv'
    expect_output_contains of-the-vm
    [[ $output != *node* ]]
    inside sh -c 'ln -sfn / /data/root; ln -sfn ../../../.. /data/up'
    run inside sh -c 'cat /data/root/etc/hostname /data/up/etc/slurm/slurm.conf 2>&1'
    [[ $output != *ClusterName* ]]
}

@test "a hostile guest attaches nothing but its folder" {
    # What the server sees of the node, asked of the node itself.
    run on 1 sh -c 'for pid in $(pgrep -x diod); do
        [ -d /proc/$pid/root/export ] || continue
        (cd /proc/$pid/root && ls -d * etc/* dev/* | tr "\n" " "; echo)
    done | sort -u'
    expect_output 'dev dev/null etc etc/passwd export lib lib64 usr '
}

@test "device nodes and set-user-id programs give nothing" {
    inside cp /usr/bin/id /data/with-rights
    on 1 sh -c 'chown 0:0 /tmp/srv/data/with-rights; chmod 4755 /tmp/srv/data/with-rights'
    run as_user_inside /data/with-rights -u
    expect_output 2001
    run inside sh -c 'mount -o remount,dev,suid /data 2>/dev/null; head -c 512 /data/disk 2>/dev/null | wc -c'
    # The guest's own device of that number, if it has one: never the node's.
    expect_output 0
    run on 1 sh -c 'for pid in $(pgrep -x diod); do grep " /export " /proc/$pid/mountinfo | cut -d" " -f6; done | sort -u | grep -v "nosuid,nodev"'
    expect_output ''
}

@test "locks hold inside and against the node" {
    run as_user_inside sh -c 'cd /data; flock own sh -c "flock -n own true && echo taken-twice || echo held"'
    expect_output held
    # No program is started meanwhile: see "Known limits" in README.
    as_user_inside flock /data/lock sh -c ': >/data/is-held; until [ -e /data/enough ]; do :; done' &
    eventually "$kBootDeadlineS" on 1 test -e /tmp/srv/data/is-held
    run on 1 flock -n /tmp/srv/data/lock true
    expect_status 1
    on 1 touch /tmp/srv/data/enough
    wait $!
    on 1 flock -n /tmp/srv/data/lock true
}

@test "who waits inside for a lock of the node's has it soon after its release" {
    on 1 sh -c 'cd /tmp/srv/data; flock lock sh -c "touch node-has-it; until [ -e let-go ]; do sleep 0.1; done"' &
    local node=$!
    eventually "$kBootDeadlineS" on 1 test -e /tmp/srv/data/node-has-it
    # The kernel by itself would try again after 30 s.
    as_user_inside sh -c 'touch /data/waits; flock -w 25 /data/lock touch /data/has-it' &
    eventually "$kBootDeadlineS" on 1 test -e /tmp/srv/data/waits
    sleep 1
    on 1 touch /tmp/srv/data/let-go
    wait "$node" $!
    on 1 test -e /tmp/srv/data/has-it
}

@test "mapping, renaming, linking, truncating, running" {
    run as_user_inside python2 -c '
import mmap, os
os.chdir("/data")
f = open("mapped", "w+b"); f.write("a" * 8192); f.flush()
m = mmap.mmap(f.fileno(), 8192); m[4096:4100] = "DONE"; m.flush(); m.close()
print open("mapped", "rb").read()[4096:4100], os.path.getsize("mapped")
os.rename("mapped", "renamed"); os.link("renamed", "linked")
print os.stat("linked").st_nlink, os.path.exists("mapped")
os.truncate("renamed", 10) if hasattr(os, "truncate") else open("renamed", "r+b").truncate(10)
print os.path.getsize("linked")
g = open("gone", "w+b"); os.unlink("gone"); g.write("still"); g.seek(0); print g.read()
open("prog", "w").write("#!/bin/sh\necho ran\n"); os.chmod("prog", 0755)
'
    expect_output $'DONE 8192\n2 False\n10\nstill'
    run as_user_inside /data/prog
    expect_output ran
    run on 1 sh -c 'head -c 10 /tmp/srv/data/linked'
    expect_output aaaaaaaaaa
}

@test "many small files" {
    LAB_TIMEOUT_S=3600 as_user_inside python2 -c "
import os
os.mkdir('/data/many')
for n in xrange($kFiles):
    with open('/data/many/%d' % n, 'w') as f: f.write(str(n))
"
    run on 1 sh -c 'ls /tmp/srv/data/many | wc -l; cat /tmp/srv/data/many/'"$((kFiles - 1))"
    expect_output "$kFiles"$'\n'"$((kFiles - 1))"
    LAB_TIMEOUT_S=3600 run inside sh -c 'ls /data/many | wc -l; rm -r /data/many; ls -d /data/many'
    expect_output_contains "$kFiles"
    expect_output_contains 'No such file'
}

@test "long streams each way, byte for byte" {
    on 1 sh -c "head -c ${kStreamMiB}M /dev/urandom >/tmp/srv/data/stream; chmod 0644 /tmp/srv/data/stream"
    LAB_TIMEOUT_S=3600 inside cp /data/stream /data/back
    on 1 cmp /tmp/srv/data/stream /tmp/srv/data/back
    LAB_TIMEOUT_S=3600 inside sh -c 'sha256sum </data/stream' >"$BATS_TEST_TMPDIR/inside"
    on 1 sh -c 'sha256sum </tmp/srv/data/stream' >"$BATS_TEST_TMPDIR/outside"
    cmp "$BATS_TEST_TMPDIR/inside" "$BATS_TEST_TMPDIR/outside"
}

@test "what may not be mounted is refused at submission, in one line" {
    local case mounts reason
    for case in '/tmp/srv/data:/|nothing may be mounted at' '/tmp/srv/data:/proc/x|nothing may be mounted at' \
        '/tmp/srv/data:/sys|nothing may be mounted at' '/tmp/srv/data:/dev/shm|nothing may be mounted at' \
        "/proc|'/proc' of the node may not be mounted" "/:/mnt|'/' of the node may not be mounted" \
        "data|mount source 'data' is not an absolute path" \
        "/tmp/srv/../etc|mount source '/tmp/srv/../etc' has an empty, '.' or '..' part" \
        "/a:/b:rx|mount '/a:/b:rx' has the mode 'rx'" '/a:/b:ro:c|has more than three parts'; do
        mounts=${case%%|*} reason=${case#*|}
        run as user1 sbatch --workspace=tiny --workspace-mount="$mounts" --wrap true
        expect_status 1
        [ "${#lines[@]}" = 1 ]
        expect_output_contains 'sbatch: error: workspace: --workspace-mount: '
        expect_output_contains "$reason"
    done
}

@test "what only the node can tell is the job's failure, in one line, and the node stays" {
    as user1 scancel "$job"
    expect_nothing_left 1
    on 1 ln -sfn /proc /tmp/srv/to-proc
    on 1 mkfifo /tmp/srv/fifo
    local case mounts reason
    for case in "/tmp/srv/none|--workspace-mount: '/tmp/srv/none' is not a folder of node1 that user user1 may enter" \
        "/tmp/srv/closed/open|--workspace-mount: '/tmp/srv/closed/open' is not a folder of node1" \
        "/tmp/srv/data/of-root:/mnt/x|--workspace-mount: '/tmp/srv/data/of-root' is not a folder" \
        "/tmp/srv/to-proc:/mnt/x|'/proc' of the node may not be mounted" \
        "/tmp/srv/fifo:/mnt/x|'/tmp/srv/fifo' is not a folder" \
        "/tmp/srv/data:/home/user1/a-file|mounting 9p at /home/user1/a-file: Not a directory"; do
        mounts=${case%%|*} reason=${case#*|}
        as user1 sh -c 'echo x >a-file'
        run_job user1 --workspace=tiny --mem=160M --workspace-mount="$mounts" --wrap true
        expect_state FAILED
        expect_output_contains "$reason"
    done
    expect_nothing_left 1
}
