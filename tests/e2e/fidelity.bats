# A task in a workspace against the same task on the node, case by case: fidelity/ has the tables.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    g++ -std=c++20 -O1 -static -o "$BATS_FILE_TMPDIR/probe" "$BATS_TEST_DIRNAME/fidelity/probe.cc"
    start_lab --nodes 2
    as user1 sh -c 'cat >probe; chmod 0755 probe' <"$BATS_FILE_TMPDIR/probe"
    as user1 sh -c 'mkdir -p fidelity bin "a dir" "$(printf "d\377")"; ln -s "a dir" link
        printf "line one\nline two without an end" >input
        printf "FIDELITY_A=from the file\0FIDELITY_B=two\nlines\0" >exports'
    tar -C "$BATS_TEST_DIRNAME/fidelity" -c --exclude=__pycache__ . | as user1 tar -C fidelity -x --no-same-owner
    configure_slurm
    bare=$(start_job user1 -w node1 --mem=400M)
    inside=$(start_job user1 -w node2 --mem=400M --workspace=tiny)
    export bare inside
}

# configure_slurm: a TaskProlog with lines of every kind, and numbers of jobs that stand for nothing else.
configure_slurm() {
    local place
    for place in 'lab run' 'on 1' 'on 2'; do
        $place sh -c 'cat >/etc/slurm/task_prolog; chmod 0755 /etc/slurm/task_prolog
            printf "TaskProlog=/etc/slurm/task_prolog\nFirstJobId=4200\n" >>/etc/slurm/slurm.conf' <<'END'
#!/bin/sh
echo 'print said by the TaskProlog'
echo 'print   with spaces before and behind  '
echo "export FIDELITY_PROLOG=task $SLURM_PROCID of $SLURM_NTASKS"
echo 'export FIDELITY_CHANGED=by the TaskProlog  '
echo 'export   FIDELITY_SPACED = value'
echo 'export FIDELITY_EMPTY='
echo 'export FIDELITY_NOTHING'
echo 'unset FIDELITY_UNSET'
echo 'a line of its own'
echo "export FIDELITY_WHO=$(id -un):$HOME:$PWD"
echo 'nobody reads this' >&2
exit "${SLURM_FIDELITY_STATUS:-0}"
END
    done
    lab run scontrol reconfigure
}

teardown_file() { lab down >&2; }

# Of each large stream; where the node is emulated, less of it and of all numbers some, unless
# FIDELITY_STREAM_MIB and FIDELITY_SAMPLE=all say otherwise.
case $hypervisor in
    qemu) kSample=all kStreamMiB=64 kPassedBytes=200000000 ;;
    xen) kSample=few kStreamMiB=8 kPassedBytes=20000000 ;;
esac

# expect_same GROUP: no case of the group differs.
expect_same() {
    LAB_TIMEOUT_S=7200 run as user1 env PYTHONDONTWRITEBYTECODE=1 FIDELITY_TIMES="${FIDELITY_TIMES:-}" \
        FIDELITY_STREAM_MIB="${FIDELITY_STREAM_MIB:-$kStreamMiB}" \
        FIDELITY_SAMPLE="${FIDELITY_SAMPLE:-$kSample}" \
        fidelity/compare "$bare" node1 "$inside" node2 "$@"
    [ "$status" -eq 0 ] && echo "# $1: ${lines[-1]}" >&3 && return
    echo "$output"
    return 1
}

@test "how tasks end" { expect_same endings; }

@test "what tasks are given" { expect_same inheritance; }

@test "signals" { expect_same signals; }

@test "what tasks read and write" { expect_same streams; }

@test "the life of steps" { expect_same steps; }

@test "batch jobs" { expect_same batch; }

# most_memory_kib N|inside: of the processes that relay, at both ends, the most that one ever had.
most_memory_kib() {
    if [ "$1" = inside ]; then
        as user1 srun -Q --jobid="$inside" --overlap -n1 sh -c \
            'cat /proc/[0-9]*/status 2>/dev/null' | relay_memory
    else
        on "$1" sh -c 'cat /proc/[0-9]*/status 2>/dev/null' | relay_memory
    fi
}

relay_memory() {
    awk '/^Name:/ {relays = $2 ~ /^(workspace-(exec|agent)|init)$/}
        /^VmHWM:/ && relays && $2 > most {most = $2}
        END {print most + 0}'
}

@test "the memory at both ends stays bounded while a large stream stands still" {
    as user1 sh -c "./probe write $((kPassedBytes + (64 << 20))) 9 2>/dev/null |
        srun -Q --jobid=$inside --overlap -n1 ./probe copy |
        (head -c $kPassedBytes | wc -c >passed; exec sleep 1000)" 3>&- &
    local pipeline=$! end
    eventually 900 as user1 grep -q "$kPassedBytes" passed
    for end in 2 inside; do
        run most_memory_kib "$end"
        echo "# $end: $output KiB" >&3
        [ "$output" -gt 0 ]
        [ "$output" -lt 8192 ]
    done
    kill "$pipeline"
}
