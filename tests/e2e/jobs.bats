# Jobs from submission to epilog: the ways to ask for a workspace, several nodes, limits, the end.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab --nodes 2; }
teardown_file() { lab down >&2; }

# bats test_tags=xen
@test "sbatch with the option, on the command line and in the script" {
    run_job user1 --workspace=tiny --wrap '. /etc/os-release; echo $ID'
    expect_state COMPLETED
    [ "$output" = tiny ]
    as user1 tee job.sh >/dev/null <<'END'
#!/bin/sh
#SBATCH --workspace=tiny:1
. /etc/os-release; echo "$ID $1"; exit 3
END
    run_job user1 job.sh argument
    expect_state FAILED
    [ "$output" = 'tiny argument' ]
    [ "$(job_field "$job" ExitCode)" = 3:0 ]
    expect_nothing_left 1 2
}

@test "srun and salloc with the option" {
    run as user1 srun -Q --workspace=tiny sh -c '. /etc/os-release; echo $ID'
    expect_status 0
    expect_output tiny
    run as user1 salloc -Q --workspace=tiny srun sh -c '. /etc/os-release; echo $ID'
    expect_status 0
    expect_output tiny
}

@test "the environment's default, and none to override it" {
    run as user1 env SLURM_WORKSPACE=tiny srun -Q sh -c '. /etc/os-release; echo $ID'
    expect_output tiny
    run as user1 env SLURM_WORKSPACE=tiny srun -Q --workspace=none sh -c '. /etc/os-release; echo $ID'
    expect_output debian
    run as user1 env SALLOC_WORKSPACE=tiny salloc -Q srun sh -c '. /etc/os-release; echo $ID'
    expect_output tiny
    job=$(as user1 env SBATCH_WORKSPACE=tiny sbatch --parsable -o 'out-%j' --wrap '. /etc/os-release; echo $ID')
    wait_for_job "$job"
    run as user1 cat "out-$job"
    expect_output tiny
}

@test "as in Slurm: the command line over the variable, the variable over the script" {
    as user1 tee order.sh >/dev/null <<'END'
#!/bin/sh
#SBATCH --workspace=nothing
END
    run as user1 sbatch order.sh
    expect_output_contains "image 'nothing' is not registered"
    run as user1 env SBATCH_WORKSPACE=nowhere sbatch order.sh
    expect_output_contains "image 'nowhere' is not registered"
    run as user1 env SBATCH_WORKSPACE=nowhere sbatch --workspace=nobody order.sh
    expect_output_contains "image 'nobody' is not registered"
    run as user1 env SBATCH_WORKSPACE=none sbatch --test-only order.sh
    expect_status 0
}

# bats test_tags=xen
@test "two nodes, a VM on each, one step over both" {
    run as user1 srun -Q -N2 --workspace=tiny sh -c '. /etc/os-release; echo "$(hostname) $ID"'
    expect_status 0
    [ "$(sort <<<"$output")" = $'node1 tiny\nnode2 tiny' ]
    expect_nothing_left 1 2
}

@test "two jobs on one node do not meet" {
    run as user1 sh -c 'for i in 1 2; do srun -Q -w node1 --workspace=tiny \
        sh -c "touch /tmp/$i; sleep 1; ls /tmp" & done; wait'
    expect_status 0
    [ "$(sort <<<"$output")" = $'1\n2' ]
}

@test "the disk has the size that was asked for" {
    run as user1 srun -Q --workspace=tiny --workspace-disk=512M df -m /
    expect_status 0
    [ "$(awk 'NR == 2 {print ($2 > 400 && $2 <= 512)}' <<<"$output")" = 1 ]
}

@test "directories are mounted as asked" {
    as user1 sh -c 'mkdir -p data; echo content >data/file'
    run as user1 srun -Q --workspace=tiny --workspace-mount=/home/user1/data:/data:ro \
        sh -c 'cat /data/file; touch /data/new 2>&1 | grep -o Read-only'
    expect_output $'content\nRead-only'
}

@test "an image may be a raw ext4 file system" {
    lab run sh -c '
        set -e
        mkdir -p /root/raw && cd /root/raw
        mkdir tree && sqfs2tar /run/lab/images/tiny/tiny.squashfs | tar -x -C tree
        mke2fs -q -t ext4 -d tree root.ext4 64M
        cat >manifest.yaml <<END
name: raw
version: "1"
description: tiny as a raw file system
root: {file: root.ext4, format: ext4}
needs: {memory: 96M}
END
        timeout 60 workspace image register manifest.yaml
        timeout 60 workspace image approve raw'
    run as user1 srun -Q --workspace=raw sh -c '. /etc/os-release; echo "$ID"; echo x >/tmp/x && cat /tmp/x'
    expect_status 0
    expect_output $'tiny\nx'
}

@test "the time limit ends the job with TERM, then KILL" {
    run_job user1 --workspace=tiny --time=0:01 \
        --wrap 'trap "echo got TERM" TERM; for i in $(seq 300); do sleep 1 & wait; done'
    expect_state TIMEOUT
    [[ $output == *'got TERM'* ]]
    expect_nothing_left 1 2
}

@test "scancel ends the job and its VM" {
    job=$(start_job user1 --workspace=tiny)
    as user1 scancel "$job"
    [ "$(wait_for_job "$job")" = CANCELLED ]
    expect_nothing_left 1 2
}

@test "scancel while the VM boots" {
    job=$(submit user1 --workspace=tiny --wrap 'sleep 100')
    eventually "$kBootDeadlineS" sh -c "timeout 20 '$repository/tests/lab/lab' node --name $lab_name 1 test -d /run/workspace/$job"
    as user1 scancel "$job"
    [ "$(wait_for_job "$job")" = CANCELLED ]
    expect_nothing_left 1 2
}

@test "a plain job meets nothing of this" {
    run as user1 srun -Q sh -c '. /etc/os-release; echo $ID'
    expect_output debian
    expect_nothing_left 1 2
}

# calls_of_a_plain_job: what slurmd and all that it starts for one plain job on node 1 do with files.
calls_of_a_plain_job() {
    on 1 bash -c '
        slurmd=$(cat /run/slurmd.pid)
        strace -f -qq -s 256 -o /tmp/calls -e trace=%file,connect -p "$slurmd" &
        tracer=$!
        until grep -q "TracerPid:.$tracer\$" "/proc/$slurmd/status"; do sleep 0.1; done
        timeout 60 srun -Q -w node1 true
        # Its epilog is over when Slurm gives up the node.
        until [ -z "$(squeue -h -w node1)" ]; do sleep 0.2; done
        sleep 1
        kill $tracer
        wait $tracer
        cat /tmp/calls'
}

@test "a plain job costs its task one stat, its prolog nothing, its epilog one stat" {
    run calls_of_a_plain_job
    expect_output_contains 'execve("/usr/bin/true"'
    [[ $output != *libvirt* ]]
    [[ $output != */etc/workspace* ]]
    [ "$(grep -c 'execve(' <<<"$output")" = "$(grep -cE 'execve\("(/usr/libexec/workspace/(prolog|epilog)|/usr/sbin/slurmstepd|/usr/bin/true)"' <<<"$output")" ]
    grep '/run/workspace' <<<"$output" >"$BATS_TEST_TMPDIR/looks"
    cat "$BATS_TEST_TMPDIR/looks"
    [ "$(grep -c . "$BATS_TEST_TMPDIR/looks")" = 2 ]
    [ "$(grep -cE 'stat[a-z]*\(.*"/run/workspace/[0-9]+".* ENOENT' "$BATS_TEST_TMPDIR/looks")" = 2 ]
}

@test "what cannot be is refused at submission, in one line, and nothing is queued" {
    local command arguments message before
    before=$(lab run squeue -h | wc -l)
    while IFS='|' read -r arguments message; do
        for command in 'sbatch --wrap true' 'srun true' 'salloc true'; do
            # shellcheck disable=SC2086
            run as user1 timeout 60 ${command/ / $arguments }
            [ "$status" -ne 0 ]
            expect_output_contains "$message"
        done
    done <<END
--workspace=nothing|workspace: image 'nothing' is not registered; images you may use: legacy-bullseye,
--workspace=tiny:9|workspace: image 'tiny' has no version '9'; versions you may use: 1
--workspace=../etc|image name '../etc' has the character '.' at position 1; allowed there are lower-case letters and digits
--workspace=a/b|image name 'a/b' has the character '/' at position 2; allowed there are lower-case letters, digits, '.', '_' and '-'
--workspace=$(printf 'x%.0s' {1..300})|has 300 characters; at most 64 are allowed
--workspace=tiny --mem=120M|workspace: image 'tiny' needs 160M of memory on each node, its VM's own cost included, but --mem gives 120M; ask for --mem=160M
--workspace=tiny --workspace-disk=lots|disk size 'lots' is not a size; expected a size such as 512M, 20G or 1T
--workspace=tiny --workspace-mount=data|mount source 'data' is not an absolute path
END
    [ "$(lab run squeue -h | wc -l)" = "$before" ]
}
