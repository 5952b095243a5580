# What all end-to-end tests share. Loaded with: load support

repository=$(readlink -f "$BATS_TEST_DIRNAME/../..")
hypervisor=${WORKSPACE_E2E_HYPERVISOR:-qemu}
labs_root=${WORKSPACE_LAB_DIR:-/var/tmp/workspace-lab}

# A name of this test run's own, so that a developer's lab can be up beside it.
lab_name=${BATS_TEST_FILENAME##*/}
lab_name=${lab_name%.bats}
lab_name=${lab_name//[^a-z0-9]/}
lab_name=${lab_name:0:6}$((BATS_ROOT_PID % 10000))

# lab VERB …: on this test file's lab.
lab() { timeout "${LAB_TIMEOUT_S:-600}" "$repository/tests/lab/lab" "$1" --name "$lab_name" "${@:2}"; }

# as USER CMD…: on the login side. on N CMD…: on node N, as root.
as() { LAB_TIMEOUT_S=${LAB_TIMEOUT_S:-$kCommandDeadlineS} lab run --as "$@"; }
on() { LAB_TIMEOUT_S=${LAB_TIMEOUT_S:-$kCommandDeadlineS} lab node "$@"; }

# set_config N|ctl LINE: at the end of a machine's workspace.yaml, in place of that of the last time.
set_config() {
    local where=(on "$1")
    [ "$1" != ctl ] || where=(lab run)
    "${where[@]}" sh -c 'sed -i "/^${1%%:*}/d" /etc/workspace/workspace.yaml; echo "$1" >>/etc/workspace/workspace.yaml' sh "$2"
}

# start_lab ARGUMENTS…: in setup_file.
start_lab() { LAB_TIMEOUT_S=1800 lab up --hypervisor "$hypervisor" "$@" >&2; }

# use_all_cpus N…: has Slurm number these nodes' CPUs as they are, as on a site; only then can tasks be bound to
# them. A Xen node is a machine of its own, of as many CPUs as Slurm is told.
use_all_cpus() {
    local node
    [ "$hypervisor" = qemu ] || return 0
    for node in "$@"; do on "$node" sed -i "s/ CPUs=2 / CPUs=$(nproc) /" /etc/slurm/slurm.conf; done
    lab run sed -i "s/ CPUs=2 / CPUs=$(nproc) /" /etc/slurm/slurm.conf
    lab run scontrol reconfigure
}

# A VM needs some seconds to boot; where the node itself is emulated, more. A command may wait for a
# job's boot and end. How many jobs follow each other where a row of them is to leave nothing:
# WORKSPACE_E2E_JOBS=100 for a long look.
# shellcheck disable=SC2034  # for the tests
case $hypervisor in
    qemu) readonly kBootDeadlineS=120 kCommandDeadlineS=240 kJobsInARow=20 ;;
    xen) readonly kBootDeadlineS=300 kCommandDeadlineS=900 kJobsInARow=3 ;;
esac

# submit USER ARGUMENTS…: sbatch; prints the job's id.
submit() { as "$1" sbatch --parsable "${@:2}"; }

job_field() { lab run timeout 60 scontrol -o show job "$1" | grep -o "\b$2=[^ ]*" | cut -d= -f2; }

# wait_for_job JOB: until it is over and its epilog has run; prints its last state. JOB_DEADLINE_S is for a
# job that has much to do.
wait_for_job() {
    eventually "${JOB_DEADLINE_S:-$((2 * kBootDeadlineS))}" job_is_over "$1"
    job_field "$1" JobState
}

job_is_over() {
    [[ $(job_field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|OUT_OF_MEMORY|NODE_FAIL|BOOT_FAIL)$ ]]
}

# run_job USER ARGUMENTS…: submits, waits, sets `job`, `state` and `output`.
run_job() {
    job=$(submit "$1" -o 'out-%j' "${@:2}")
    state=$(wait_for_job "$job")
    output=$(as "$1" cat "out-$job")
}

# start_job USER ARGUMENTS…: a job that stays; returns when its script runs inside. Prints its id.
start_job() {
    local job
    job=$(submit "$1" -o 'out-%j' "${@:2}" --wrap 'echo it runs; exec sleep 3000')
    eventually "$kBootDeadlineS" as "$1" grep -q 'it runs' "out-$job" 2>/dev/null || {
        as "$1" cat "out-$job"
        return 1
    } >&2
    echo "$job"
}

# start_requeued JOB: Slurm holds a requeued job back for two minutes, counted from the end of its epilog.
# Called by what polls, it has Slurm start the job now, and gives it time to. Not within the second in
# which it was requeued: slurmd takes such a credential for the last run's, and runs no prolog.
start_requeued() {
    [[ $(job_field "$1" Reason) != BeginTime ]] && return
    sleep 2
    lab run timeout 60 scontrol update "job=$1" starttime=now >/dev/null 2>&1 || true
    sleep 3
}

# prolog LINE, epilog LINE: by hand, for the plain job `job` of user1 on node 1, with LINE as what it asked for.
# shellcheck disable=SC2317  # for the tests
prolog() { hook prolog "$1"; }
# shellcheck disable=SC2317
epilog() { hook epilog "$1"; }
hook() {
    on 1 env SLURM_JOB_ID="$job" SLURM_JOB_UID=2001 SLURM_JOB_GID=2001 SLURM_JOB_USER=user1 \
        SLURMD_NODENAME=node1 SPANK_WORKSPACE="$2" timeout 60 "/usr/libexec/workspace/$1"
}

# vms_on N: the jobs' VMs there, by name.
vms_on() { on "$1" sh -c "virsh -q -c $hypervisor:///system list --all --name | sed -n /^workspace-/p"; }

# left_on N: what jobs have on node N at this moment, one thing a line.
left_on() {
    on "$1" sh -c "
        virsh -q -c $hypervisor:///system list --all --name | sed '/^\$/d; /^Domain-0\$/d; s/^/domain /'
        ip netns list | sed 's/^/network namespace /'
        ip -o link show | awk -F': ' '\$2 ~ /^(ws|wsp|vif)[0-9]/ {print \"link \" \$2}'
        nft list tables 2>/dev/null | grep workspace-
        ls -A /run/workspace 2>/dev/null | sed 's,^,/run/workspace/,'
        ls -A /var/lib/workspace/scratch 2>/dev/null | sed 's,^,scratch/,'
        pgrep -ax diod | grep -v :564 | sed 's/^/process /'
        pgrep -ax workspace-exec | sed 's/^/process /'
        pgrep -ax job-watch | sed 's/^/process /'
        pgrep -ax follow-workspac | sed 's/^/process /'
        losetup -ln -O NAME,BACK-FILE | grep /var/cache/workspace | sed 's/^/loop device /'
        true"
}

# expect_nothing_left N…: on these nodes, once the epilogs that still run are done; and Slurm goes on
# using them.
expect_nothing_left() {
    local node
    for node in "$@"; do
        eventually "$kBootDeadlineS" nothing_left_on "$node" || { left_on "$node" && return 1; }
        expect_in_service "$node"
    done
}

nothing_left_on() { [ -z "$(left_on "$1")" ]; }

# A node's state as sinfo has it. (A node whose job has just ended may be `mixed` until the next job
# comes: Slurm looks at its nodes' CPUs no more than once a second.)
node_state() { lab run timeout 60 sinfo -h -n "node$1" -o %T; }
in_service() { [[ $(node_state "$1") =~ ^(idle|mixed|allocated|completing)$ ]]; }
is_drained() { [[ $(node_state "$1") =~ ^drain ]]; }

expect_in_service() {
    eventually "$kBootDeadlineS" in_service "$1" && return
    echo "node$1 is $(node_state "$1")"
    return 1
}

# expect_drained N: by a host's fault in a prolog.
expect_drained() { eventually "$kBootDeadlineS" is_drained "$1"; }

# resume_node N: after a fault of the host which the test made and mended.
resume_node() {
    lab run timeout 60 scontrol update "nodename=node$1" state=resume
    expect_in_service "$1"
}

# expect_state STATE: of the last run_job.
expect_state() {
    [ "$state" = "$1" ] && return
    echo "job $job: $state instead of $1; output: $output"
    return 1
}

# expect_status STATUS and expect_output TEXT: of the last `run`; they say what came instead.
expect_status() {
    [ "$status" -eq "$1" ] && return
    echo "status $status instead of $1; output: $output"
    return 1
}

expect_output() {
    [ "$output" = "$1" ] && return
    printf 'expected: %s\ngot:      %s\n' "$1" "$output"
    return 1
}

expect_output_contains() {
    [[ $output == *"$1"* ]] && return
    printf 'expected it to contain: %s\ngot: %s\n' "$1" "$output"
    return 1
}

# eventually SECONDS CMD…: polls until CMD succeeds.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "not within the deadline: $*"
            return 1
        fi
        sleep 0.2
    done
}

# After a change of slurm.conf that needs it, on a lab of one node.
restart_slurm() {
    lab run /run/lab/service stop slurmctld
    lab service 1 slurmd stop
    lab run /run/lab/service start slurmctld
    lab service 1 slurmd start
    expect_in_service 1
}
