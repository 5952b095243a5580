# The guest by itself: kernel, initrd, agent and the image `tiny` on bare QEMU, and workspace-exec
# against them. What Slurm and libvirt add is in the other files.

bats_require_minimum_version 1.5.0
load support

images=${WORKSPACE_CACHE:-$repository/build/cache}/images
export WORKSPACE_EXEC=${WORKSPACE_EXEC:-$repository/build/release/spank_plugin/workspace_exec/workspace-exec}

guest() { (cd / && timeout 180 "$BATS_TEST_DIRNAME/bare_guest" "$1" "$BATS_FILE_TMPDIR/guest" "${@:2}"); }
broken() { (cd / && timeout 180 "$BATS_TEST_DIRNAME/bare_guest" "$1" "$BATS_TEST_TMPDIR/guest" "${@:2}"); }

setup_file() {
    mkdir "$BATS_FILE_TMPDIR/guest"
    guest boot "$images" tiny
    guest probe >"$BATS_FILE_TMPDIR/readiness"
}

teardown_file() { guest stop; }

# A test that failed has not stopped the guest of its own.
teardown() {
    if [ -e "$BATS_TEST_TMPDIR/guest/pid" ]; then kill "$(cat "$BATS_TEST_TMPDIR/guest/pid")" 2>/dev/null || true; fi
}

@test "a probe tells what the guest sees of itself" {
    run cat "$BATS_FILE_TMPDIR/readiness"
    expect_output_contains 'vcpus=1'
    expect_output_contains 'hypervisor=tcg'
    expect_output_contains 'agent_version='
    # The 192 MiB of the VM less what its kernel keeps.
    memory_kib=$(sed -n 's/^memory_kib=//p' "$BATS_FILE_TMPDIR/readiness")
    [ "$memory_kib" -gt 100000 ] && [ "$memory_kib" -le 196608 ]
}

@test "a task runs as the job's user, in an overlay of the image" {
    run guest run sh -c 'id; hostname; touch /tmp/x && sed -n "s/ \/ .*//p" /proc/mounts; ls -d /home/user1'
    expect_status 0
    expect_output $'uid=5001(user1) gid=5001(user1) groups=5001(user1),6001(legacy)\nnode1\noverlay\n/home/user1'
}

@test "the image's users are still there behind the job's" {
    run guest run cut -d: -f1 /etc/passwd
    expect_output $'user1\nroot\nnobody'
}

@test "exit status, stdin and stderr pass through" {
    run --separate-stderr guest run sh -c 'cat; echo problem >&2; exit 37' <<<'input'
    expect_status 37
    expect_output input
    [ "$stderr" = problem ]
}

@test "4 MiB pass through byte by byte" {
    head -c 4194304 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
    guest run cat <"$BATS_TEST_TMPDIR/bytes" >"$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/back"
}

@test "a task's end takes along what it started, whatever session that is in" {
    run guest run sh -c 'setsid sleep 1000 & (setsid sleep 1001 &); echo started'
    expect_output started
    run guest run sh -c 'cat /proc/[0-9]*/comm | grep -c sleep'
    expect_output 0
}

@test "the token is nowhere inside" {
    run guest run sh -c 'ls /workspace /proc/1/environ 2>/dev/null; cat /proc/1/environ'
    [[ $output != *7777777777* ]]
}

@test "a guest without its configuration says so and ends" {
    mkdir "$BATS_TEST_TMPDIR/guest"
    broken boot "$images" tiny conf
    run broken probe
    expect_output 'the agent does not answer'
    run cat "$BATS_TEST_TMPDIR/guest/console.log"
    expect_output_contains \
        "workspace-agent: reading the job's configuration: /workspace/job.conf does not exist"
}

@test "a guest without its disk says so and ends" {
    mkdir "$BATS_TEST_TMPDIR/guest"
    broken boot "$images" tiny disk
    run broken probe
    expect_output 'the agent does not answer'
    run cat "$BATS_TEST_TMPDIR/guest/console.log"
    expect_output_contains 'workspace-agent: mounting the image: the disk vda did not appear'
}

# init_image: the image `own`, which is `tiny` with what stdin, a script in the image's tree, makes of it.
init_image() {
    local tree=$BATS_TEST_TMPDIR/tree folder=$BATS_TEST_TMPDIR/images
    mkdir "$tree" && sqfs2tar "$images/tiny/tiny.squashfs" | tar -x -C "$tree"
    (cd "$tree" && bash -e)
    mkdir -p "$folder/own" "$BATS_TEST_TMPDIR/guest"
    mksquashfs "$tree" "$folder/own/own.squashfs" -all-root -comp lz4 -no-progress -quiet
    ln -s "$images/initrd.img" "$images/vmlinux" "$folder/"
}

boot_own() { WORKSPACE_GUEST_CONFIG=$'own_init=1\n' broken boot "$BATS_TEST_TMPDIR/images" own; }
system_is() { broken probe | grep -qx "system=$1"; }

# expect_end TEXT: the guest ends by itself and its console says TEXT.
expect_end() {
    run broken probe
    expect_output 'the agent does not answer'
    run cat "$BATS_TEST_TMPDIR/guest/console.log"
    expect_output_contains "$1"
}

@test "an image's own init is PID 1, and the agent beside it serves tasks" {
    init_image <<'END'
printf '%s\n' '::sysinit:/bin/sh -c "until [ -e /tmp/go ]; do sleep 0.1; done; : >/run/workspace/up"' \
    '::respawn:/bin/sleep 4321' >etc/inittab
echo 'UUID=1234 / ext4 defaults 0 1' >etc/fstab
END
    boot_own
    eventually 120 system_is starting
    # Only the node lets tasks wait: here one is what the system waits for.
    run broken run sh -c 'cat /proc/1/comm /etc/fstab; wc -c </etc/machine-id; : >/tmp/go'
    expect_status 0
    expect_output $'init\n# In a workspace the root is all there is.\n33'
    eventually 120 system_is running
    run broken run sh -c 'setsid sleep 1000 & id -un; exit 37'
    expect_status 37
    expect_output user1
    eventually 60 sleeps_are 4321
    broken stop
}

# sleeps_are TIME…: of all processes; what the task before has left is gone, the image's service is not.
sleeps_are() {
    [ "$(broken run sh -c 'for f in /proc/[0-9]*/cmdline; do tr "\0" " " <$f; echo; done' |
        sed -n 's/^.*sleep \([0-9]*\) $/\1/p')" = "$*" ]
}

# console_says TEXT: of the test's own guest.
console_says() { grep -qF "$1" "$BATS_TEST_TMPDIR/guest/console.log"; }

@test "a service of an own init that fills the memory is ended, told on the console, and tasks go on" {
    init_image <<'END'
printf '%s\n' '::sysinit:/bin/sh -c ": >/run/workspace/up"' \
    '::once:/bin/sh -c "until [ -e /tmp/eat ]; do sleep 0.1; done; head -c 60000000 /dev/zero >/dev/shm/eaten; exec tail -c 90000000 /dev/zero"' >etc/inittab
END
    boot_own
    eventually 120 system_is running
    run broken run sh -c ': >/tmp/eat'
    expect_status 0
    eventually 120 console_says '(tail)'
    console_says 'Out of memory: Killed process'
    run broken run echo 'a task runs'
    expect_output 'a task runs'
    broken stop
}

@test "an image without the init that it promises says so and ends" {
    init_image <<<'rm sbin/init'
    boot_own
    expect_end 'workspace-agent: the image has no program /sbin/init, which boot: init in its manifest calls for'
}

@test "an image whose init cannot be executed says so and ends" {
    init_image <<<'rm sbin/init; echo junk >sbin/init; chmod +x sbin/init'
    boot_own
    expect_end "workspace-agent: the image's /sbin/init cannot be executed: Exec format error"
}

@test "an image whose init ends takes the guest with it" {
    init_image <<<'rm sbin/init; printf "#!/bin/sh\nexit 3\n" >sbin/init; chmod +x sbin/init'
    boot_own
    expect_end 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300'
}
