# The end of a job: nothing is left, whatever happened, and only what is the job's own goes.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab; }
teardown_file() { lab down >&2; }

# What a test that failed left running would be found by the next one.
teardown() { lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"; }

# epilog JOB: once more, by hand.
epilog() {
    on 1 env SLURM_JOB_ID="$1" SLURM_JOB_UID=2001 SLURM_JOB_GID=2001 SLURM_JOB_USER=user1 \
        SLURMD_NODENAME=node1 timeout 60 /usr/libexec/workspace/epilog
}

inside() { as user1 srun --quiet --jobid="$1" --overlap -n1 "${@:2}"; }

# bats test_tags=xen
@test "the epilog may run twice, and for a job that never was" {
    run_job user1 --workspace=tiny --wrap true
    expect_state COMPLETED
    epilog "$job"
    epilog "$job"
    epilog 999999
    expect_nothing_left 1
}

@test "the end of one job touches no other" {
    local stays goes
    stays=$(start_job user1 --workspace=tiny)
    goes=$(start_job user2 --workspace=tiny)
    as user2 scancel "$goes"
    wait_for_job "$goes"
    run inside "$stays" echo 'still here'
    expect_output 'still here'
    run left_on 1
    [[ $output == *"domain workspace-$stays"* ]]
    [[ $output != *"domain workspace-$goes"* ]]
    as user1 scancel "$stays"
    wait_for_job "$stays"
    expect_nothing_left 1
}

@test "a prolog that is killed once does its work once more" {
    job=$(submit user1 -o 'out-%j' --workspace=tiny --wrap 'echo it runs')
    eventually "$kBootDeadlineS" on 1 pkill -KILL -x boot-workspace
    run wait_for_job "$job"
    expect_output COMPLETED
    run as user1 cat "out-$job"
    expect_output 'it runs'
    expect_nothing_left 1
}

@test "a prolog that is killed again and again leaves nothing once the job is gone" {
    job=$(submit user1 --workspace=tiny --wrap true)
    eventually "$kBootDeadlineS" on 1 pkill -KILL -x boot-workspace
    eventually "$kBootDeadlineS" on 1 pkill -KILL -x boot-workspace
    expect_drained 1
    as user1 scancel "$job"
    wait_for_job "$job"
    resume_node 1
    expect_nothing_left 1
}

@test "slurmd may be restarted under a job" {
    job=$(start_job user1 --workspace=tiny)
    lab service 1 slurmd kill
    lab service 1 slurmd start
    run inside "$job" echo 'still here'
    expect_output 'still here'
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "what a crash of the node left is removed when its slurmd starts" {
    job=$(start_job user1 --workspace=tiny --no-requeue)
    lab crash 1
    as user1 scancel "$job"
    # No epilog can run: the controller gives up on it when the node has been silent long enough.
    wait_for_job "$job"
    lab boot 1
    expect_nothing_left 1
    run as user1 srun -Q --workspace=tiny echo 'it runs again'
    expect_output 'it runs again'
}

@test "the node's check finds what a job left, and removes it when told so" {
    on 1 sh -c ': >/var/lib/workspace/scratch/999999.scratch'
    run on 1 workspace node check --dry-run
    [ "$status" -ge 1 ]
    expect_output_contains 'something is left of job 999999'
    expect_output_contains 'would run: /usr/bin/workspace node reconcile'
    run left_on 1
    expect_output 'scratch/999999.scratch'
    run on 1 workspace node check --fix
    expect_output_contains 'ran: /usr/bin/workspace node reconcile'
    expect_output_contains 'nothing is left of jobs that have ended'
    expect_nothing_left 1
}

# counts: how many there are of what a job makes, on the node. Its kernel has more threads at times, and
# fewer at others.
counts() {
    on 1 sh -c "
        echo domains \$(virsh -q -c $hypervisor:///system list --all --name | grep -c .)
        echo processes \$(ps -e -o ppid=,comm= |
            awk -v kernel=\"\$(pgrep -x kthreadd)\" '\$1 != kernel && \$2 != \"ps\"' | wc -l)
        echo namespaces \$(ip netns list | grep -c .)
        echo mounts \$(wc -l </proc/self/mountinfo)
        echo loops \$(losetup -ln | grep -c .)
        echo files \$(find /run /var/lib/workspace/scratch /var/lib/libvirt -xdev | grep -vc '/run/lab/')
        true"
}

# cached_files: of images in the node's cache, with what tells a copy from another.
cached_files() { on 1 find /var/cache/workspace/files -type f -printf '%f %i %C@\n'; }

# bats test_tags=xen
@test "many jobs in a row leave the node as it was" {
    local jobs=${WORKSPACE_E2E_JOBS:-$kJobsInARow} before cached i
    # The first job fills the caches.
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    before=$(settled_counts)
    cached=$(cached_files)
    for ((i = 1; i <= jobs; i++)); do
        as user1 srun -Q --workspace=tiny true
    done
    expect_nothing_left 1
    # A warm start copies nothing.
    [ -n "$cached" ]
    [ "$(cached_files)" = "$cached" ]
    # The last epilog may be on its way out.
    eventually "$kBootDeadlineS" counts_are "$before" && return
    run counts
    expect_output "$before"
}

# The epilog of the job before may be on its way out.
settled_counts() {
    local last='' now
    for _ in $(seq 30); do
        now=$(counts)
        [ "$now" = "$last" ] && echo "$now" && return
        last=$now
        sleep 1
    done
    return 1
}

counts_are() { [ "$(counts)" = "$1" ]; }
