# A job may be cancelled at any moment of its life, and may be made smaller: nothing is left where it was.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab --nodes 2; }
teardown_file() { lab down >&2; }
teardown() {
    lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"
    on 1 pkill -x boot-workspace || true
}

inside() { as user1 srun --quiet --jobid="$1" --overlap -N1 -n1 "${@:2}"; }

# record_is JOB STATE: as node 1 has it.
record_is() { on 1 grep -qx "state=$2" "/run/workspace/$1/record"; }

cancel() {
    as user1 scancel "$job"
    run wait_for_job "$job"
    expect_output CANCELLED
}

# Whether the prolog waits for the lock of a file of the cache.
waits_on_lock() { on 1 sh -c 'for pid in $(pgrep -x boot-workspace); do ls -l /proc/$pid/fd; done' | grep -q '/cache.*/locks/\|/workspace/locks/'; }

@test "while it is pending" {
    job=$(submit user1 --workspace=tiny --hold --wrap true)
    [ "$(job_field "$job" JobState)" = PENDING ]
    cancel
    expect_nothing_left 1 2
    run on 1 ls /var/lib/workspace/reports
    [[ $output != *"$job."* ]]
}

@test "while its image is staged" {
    # The file's lock is another's, as while another job copies the same image.
    on 1 sh -c 'rm -f /var/cache/workspace/files/*
        mkdir -p /var/cache/workspace/locks; chmod 0700 /var/cache/workspace/locks
        for file in /var/lib/workspace/store/files/*; do
            echo "/var/cache/workspace/locks/$(basename "$file")"
        done >/root/locks
        while read -r lock; do setsid flock "$lock" sleep 300 >/dev/null 2>&1 & done </root/locks'
    job=$(submit user1 -w node1 --workspace=tiny --wrap true)
    eventually "$kBootDeadlineS" waits_on_lock
    as user1 scancel "$job"
    # The prolog is not interrupted; it goes on when the file is there, and the epilog follows.
    on 1 pkill -f 'sleep 300'
    run wait_for_job "$job"
    expect_output CANCELLED
    expect_nothing_left 1
    run as user1 srun -Q -w node1 --workspace=tiny echo 'it runs again'
    expect_output 'it runs again'
}

@test "while it boots" {
    job=$(submit user1 -w node1 --workspace=tiny --wrap 'sleep 100')
    eventually "$kBootDeadlineS" on 1 virsh -q -c "$hypervisor:///system" domid "workspace-$job"
    cancel
    expect_nothing_left 1
}

@test "while one of its nodes is ready and waits for the other" {
    # The second node's prolog stands still.
    on 2 sh -c 'until pkill -STOP -x boot-workspace; do sleep 0.1; done' &
    job=$(submit user1 -N2 --workspace=tiny --wrap 'sleep 100')
    wait
    eventually "$kBootDeadlineS" record_is "$job" running
    as user1 scancel "$job"
    on 2 pkill -CONT -x boot-workspace
    run wait_for_job "$job"
    expect_output CANCELLED
    expect_nothing_left 1 2
}

@test "while it runs, on both nodes" {
    job=$(start_job user1 -N2 --workspace=tiny)
    cancel
    expect_nothing_left 1 2
}

@test "while it ends, once more" {
    job=$(submit user1 -o 'out-%j' --workspace=tiny --wrap \
        'trap "" TERM; echo it runs; while :; do sleep 1; done')
    eventually "$kBootDeadlineS" as user1 grep -q 'it runs' "out-$job"
    as user1 scancel "$job"
    as user1 scancel "$job"
    as user1 scancel -s KILL "$job" || true
    run wait_for_job "$job"
    expect_output CANCELLED
    expect_nothing_left 1 2
}

@test "a job that is made smaller goes on where it stays, and leaves the other node" {
    job=$(start_job user1 -N2 --workspace=tiny)
    as user1 scontrol update "job=$job" NumNodes=1
    expect_nothing_left 2
    run inside "$job" echo 'still here'
    expect_output 'still here'
    # The node that it left is free for others.
    run as user2 srun -Q -w node2 --workspace=tiny echo 'somebody else'
    expect_output 'somebody else'
    cancel
    expect_nothing_left 1 2
}

@test "a job whose time limit is changed ends by the new one" {
    job=$(start_job user1 --workspace=tiny --time=0:30:00)
    lab run timeout 60 scontrol update "job=$job" TimeLimit=1
    run wait_for_limit "$job"
    expect_output TIMEOUT
    expect_nothing_left 1 2
}

# A minute is the least, and the controller looks twice in one.
wait_for_limit() {
    eventually 150 job_is_over "$1"
    job_field "$1" JobState
}

@test "while the user's folders are mounted" {
    # Their server does not answer.
    on 1 sh -c 'until pkill -STOP -x diod; do sleep 0.05; done' &
    job=$(submit user1 -w node1 --workspace=tiny --wrap 'sleep 100')
    wait
    eventually "$kBootDeadlineS" guest_is_ready
    as user1 scancel "$job"
    on 1 pkill -CONT -x diod
    run wait_for_job "$job"
    expect_output CANCELLED
    expect_nothing_left 1
}

# The agent answers, so that the folders are next.
guest_is_ready() { on 1 grep -q 'workspace-agent: ready' "/run/workspace/$job/console.log"; }

@test "requeued while it boots: it begins anew, in one VM" {
    job=$(submit user1 -w node1 --workspace=tiny --requeue --open-mode=append -o 'out-%j' --wrap 'echo "run ${SLURM_RESTART_COUNT:-0}"')
    eventually "$kBootDeadlineS" on 1 virsh -q -c "$hypervisor:///system" domid "workspace-$job"
    lab run timeout 60 scontrol requeue "$job"
    eventually "$((2 * kBootDeadlineS))" ran_again "$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    run as user1 cat "out-$job"
    expect_output 'run 1'
    expect_nothing_left 1
}

ran_again() { start_requeued "$1" && as user1 grep -q 'run 1' "out-$1"; }

@test "started again within moments of its requeue, where Slurm runs no prolog: it is queued once more" {
    # For two seconds after slurmd has looked for what it may forget, as it does at a requeue, it takes the prolog for
    # done. Within the first of them Slurm kills the job as one that cannot start, so it is started in the second.
    job=$(submit user1 -w node1 --workspace=tiny --requeue --open-mode=append -o 'out-%j' --wrap \
        'echo "run ${SLURM_RESTART_COUNT:-0} $(cat /proc/sys/kernel/random/boot_id)"; [ -n "$SLURM_RESTART_COUNT" ] || sleep 300')
    eventually "$kBootDeadlineS" as user1 grep -q 'run 0' "out-$job"
    sleep 3
    # shellcheck disable=SC2016  # its own variables
    lab run sh -c '
        next_second() { now=$(date +%s); while [ "$(date +%s)" = "$now" ]; do sleep 0.02; done; }
        next_second; scontrol requeue "$1"; next_second; now=$(date +%s)
        while [ "$(date +%s)" = "$now" ] && scontrol -o show job "$1" | grep -q " Restarts=1 "; do
            scontrol update "job=$1" starttime=now 2>/dev/null; sleep 0.1
        done; true' sh "$job"
    eventually "$((2 * kBootDeadlineS))" ended_after_restarts "$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    [ "$(as user1 grep -c '^run' "out-$job")" = 2 ]
    [ "$(as user1 sh -c "grep '^run' out-$job | awk '{print \$3}' | sort -u | wc -l")" = 2 ]
    if [ "$(job_field "$job" Restarts)" -gt 1 ]; then
        as user1 grep -q "has no workspace on this node: Slurm started it so soon after its requeue" "out-$job"
    fi
    expect_nothing_left 1
}

ended_after_restarts() { start_requeued "$1"; as user1 grep -q '^run [1-9]' "out-$1"; }
