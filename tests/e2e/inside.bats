# What a task finds inside: the image's files, the user's identity and directories, the job's
# resources; and that argv, environment, streams, signals and statuses are those of a plain job.

# bats file_tags=xen

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab
    use_all_cpus 1
    as user1 mkdir -p 'a dir'
    job=$(start_job user1 --workspace=legacy-bullseye -n2 --mem=600M)
    export job
}

teardown_file() { lab down >&2; }

# One VM serves all tests of this file.
inside() { as user1 srun --quiet --jobid="$job" --overlap -n1 "$@"; }

# In milliseconds.
clock_ms() { echo $(($(date +%s%N) / 1000000)); }
clock_inside_ms() { inside awk '{print int($1 * 1000)}' /proc/uptime; }

@test "the image's files are seen, not the node's" {
    run inside cat /etc/os-release
    expect_output_contains 'VERSION_CODENAME=bullseye'
    run -127 as user1 python2 -V
    run inside python2 -c 'print 6*7'
    expect_output 42
}

@test "the kernel is the guest's, on the right hypervisor" {
    run inside uname -r
    [ "$output" != "$(uname -r)" ]
    run inside sh -c 'cat /sys/hypervisor/type 2>/dev/null || echo none'
    if [ "$hypervisor" = xen ]; then expect_output xen; else expect_output none; fi
}

@test "vCPUs and memory are the allocation" {
    run inside nproc
    expect_output 2
    # 600 MiB less the 64 MiB overhead, less what the guest's kernel takes for itself.
    run inside awk '/^MemTotal/ {print ($2 > 440 * 1024 && $2 <= 536 * 1024) ? "fits" : $2}' /proc/meminfo
    expect_output fits
}

# Of the kernel's memory and its vCPUs.
size_inside() { inside sh -c 'awk "/^MemTotal/ {print int(\$2 / 1024)}" /proc/meminfo; cat /sys/devices/system/cpu/online'; }

@test "its owner takes memory and a vCPU from it, and gives them again" {
    local memory_mib
    memory_mib=$(size_inside | head -n 1)
    run as user1 workspace resize "$job" --memory 300M --vcpus 1
    expect_output "job $job on node1: 1 vCPU, 300M"
    expect_status 0
    run size_inside
    [ "${lines[0]}" -le $((memory_mib - 230)) ]
    [ "${lines[1]}" = 0 ]
    run as user1 workspace resize "$job" --memory 536M --vcpus 2
    expect_output "job $job on node1: 2 vCPUs, 536M"
    run size_inside
    expect_output "$memory_mib"$'\n0-1'
}

@test "the clock goes as fast as the node's" {
    local before first asked again last after
    before=$(clock_ms)
    first=$(clock_inside_ms)
    asked=$(clock_ms)
    sleep 2
    again=$(clock_ms)
    last=$(clock_inside_ms)
    after=$(clock_ms)
    # Each of the two moments inside lies between two outside.
    echo "inside $((last - first)) ms, outside from $((again - asked)) to $((after - before)) ms"
    [ "$((last - first))" -ge $(((again - asked) * 99 / 100 - 20)) ]
    [ "$((last - first))" -le $(((after - before) * 101 / 100 + 20)) ]
}

@test "the task is the user, with all groups, on a host of the node's name" {
    run inside sh -c 'id -u; id -g; id -G; id -un; hostname; echo $HOME'
    expect_output $'2001\n2001\n2001 2101 2102\nuser1\nnode1\n/home/user1'
}

@test "argv arrives word by word" {
    run inside sh -c 'for word; do echo "<$word>"; done' sh 'a b' '' $'two\nlines' '"$HOME"' '*' 'ü'
    expect_output $'<a b>\n<>\n<two\nlines>\n<"$HOME">\n<*>\n<ü>'
}

@test "the environment is the task's" {
    VALUE='a b;"c"' run as user1 env VALUE='a b;"c"' EMPTY= \
        srun -Q --jobid="$job" --overlap -n1 sh -c 'echo "$VALUE|${EMPTY-unset}|$SLURM_JOB_ID|$SLURM_PROCID"'
    expect_output "a b;\"c\"||$job|0"
}

@test "the working directory is the task's" {
    run inside --chdir='/home/user1/a dir' pwd
    expect_output '/home/user1/a dir'
    # On the node this one is there.
    run inside --chdir=/usr/libexec/workspace pwd
    expect_status 125
    expect_output_contains "workspace: the working directory '/usr/libexec/workspace' does not exist inside"
}

@test "stdin and stdout are byte-exact" {
    head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
    inside cat <"$BATS_TEST_TMPDIR/bytes" >"$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/back"
}

@test "stderr stays apart from stdout" {
    inside sh -c 'echo out; echo err >&2' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = out ]
    [ "$(cat "$BATS_TEST_TMPDIR/err")" = err ]
}

@test "nothing of a step that was ended goes on inside" {
    LAB_TIMEOUT_S=4 inside sh -c 'sleep 4243 & exec sleep 4243' || true
    eventually "$kBootDeadlineS" no_process_inside 'sleep 4243'
}

no_process_inside() { ! inside sh -c 'cat /proc/[0-9]*/cmdline | tr "\0" " "' | grep -q "$1"; }

@test "exit statuses are the task's" {
    local status_inside
    for status_inside in 0 1 37 255; do
        run inside sh -c "exit $status_inside"
        expect_status "$status_inside"
    done
}

@test "death by a signal is seen as such" {
    run inside sh -c 'kill -KILL $$'
    expect_status 137
    run inside sh -c 'kill -SEGV $$'
    expect_status 139
}

@test "a program that is not there: 127, one line" {
    run -127 inside no-such-program
    expect_output_contains 'workspace: no-such-program: command not found'
}

@test "a program that cannot be executed: 126, one line" {
    as user1 sh -c 'echo text >text; chmod 0644 text'
    run inside ./text
    expect_status 126
    expect_output_contains 'workspace: ./text: Permission denied'
}

@test "two tasks, each with its own rank" {
    run as user1 srun -Q --jobid="$job" --overlap -n2 sh -c 'echo "$SLURM_PROCID of $SLURM_NTASKS"'
    [ "$(sort <<<"$output")" = $'0 of 2\n1 of 2' ]
}

@test "tasks have the vCPUs that stand for their CPUs" {
    run as user1 srun -Q --jobid="$job" --overlap -l -n2 --cpu-bind=map_cpu:1,0 \
        sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status
    [ "$(sort <<<"$output")" = $'0: 1\n1: 0' ]
}

@test "Slurm's commands are there, and their tasks enter the VM" {
    run inside squeue -h -j "$job" -o '%i %u %T'
    expect_output "$job user1 RUNNING"
    run inside srun -Q --overlap -n1 sh -c '. /etc/os-release; echo "$VERSION_CODENAME"'
    expect_status 0
    expect_output bullseye
}

@test "workspace enter joins the job" {
    run as user1 workspace enter "$job" sh -c '. /etc/os-release; echo "$(id -un) $VERSION_CODENAME"'
    expect_output 'user1 bullseye'
}

@test "a pty is a terminal with the right size" {
    run script -qec "stty rows 33 cols 99; '$repository/tests/lab/lab' run --name $lab_name --as user1 \
        srun -Q --jobid=$job --overlap -n1 --pty sh -c 'tty; stty size'" /dev/null
    expect_output_contains '/dev/pts/'
    expect_output_contains '33 99'
}

@test "scancel's signals reach the task inside" {
    inside sh -c 'trap "echo got USR1; exit 5" USR1; echo ready; while :; do sleep 0.1; done' \
        >"$BATS_TEST_TMPDIR/out" 3>&- &
    local srun=$! ended=0
    eventually "$kBootDeadlineS" grep -q ready "$BATS_TEST_TMPDIR/out"
    as user1 scancel --signal=USR1 "$job"
    wait "$srun" || ended=$?
    [ "$ended" = 5 ]
    [ "$(tail -n1 "$BATS_TEST_TMPDIR/out")" = 'got USR1' ]
}

@test "what is written in the home inside is the user's outside" {
    inside sh -c 'echo from inside >a-file; mkdir made; ln -s a-file link'
    run as user1 sh -c 'cat link; stat -c %u:%g:%a a-file made'
    expect_output $'from inside\n2001:2001:644\n2001:2001:755'
}

@test "the home gives no right that the user has not" {
    on 1 sh -c 'echo secret >/home/user1/of-root; chmod 0600 /home/user1/of-root'
    run inside cat of-root
    expect_status 1
    run inside ls /home/user2
    [ "$status" -ne 0 ]
}

@test "the root can be written to, and is the VM's own" {
    run inside sh -c 'echo x >/tmp/in-the-vm && cat /tmp/in-the-vm'
    expect_output x
    run on 1 ls /tmp/in-the-vm
    [ "$status" -ne 0 ]
}

@test "a step enters the VM whatever its options and environment say" {
    local arguments
    for arguments in --workspace=none --workspace=tiny; do
        run as user1 srun -Q --jobid="$job" --overlap -n1 "$arguments" cat /etc/os-release
        [[ $output == *bullseye* ]] || [ "$status" -ne 0 ]
        [[ $output != *bookworm* ]]
    done
    run as user1 env -i PATH=/usr/bin:/bin srun -Q --jobid="$job" --overlap -n1 cat /etc/os-release
    expect_output_contains bullseye
}

@test "no service of the node answers the guest" {
    run inside python2 -c '
import socket
for port in (22, 111, 564, 6817, 6818, 16509):
    try:
        socket.create_connection(("169.254.77.1", port), 2)
        print "open", port
    except socket.error:
        pass
print "done"'
    expect_output 'done'
}
