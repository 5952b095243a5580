# A VM follows its job: paused while Slurm has the job suspended, whatever runs inside.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab; }
teardown_file() { lab down >&2; }
teardown() { lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"; }

inside() { as user1 srun --quiet --jobid="$1" --overlap -n1 "${@:2}"; }
suspend() { lab run timeout 60 scontrol suspend "$1"; }
resume() { lab run timeout 60 scontrol resume "$1"; }

# A look without tasks to tell is made every 15 s, and an emulated dom0 needs some seconds more.
case $hypervisor in
    qemu) kFollowS=120 ;;
    xen) kFollowS=180 ;;
esac

vm_state() { on 1 virsh -q -c "$hypervisor:///system" domstate "workspace-$1" 2>/dev/null; }
vm_is() { [[ $(vm_state "$1") == "$2"* ]]; }
is_paused() { vm_is "$1" paused; }
# On Xen a guest that waits is told as idle, or without a state.
runs() { ! is_paused "$1" && [ -n "$(vm_state "$1")" ]; }
servers_are() { [ "$(on 1 sh -c "ps -o stat= -C diod | cut -c1 | sort -u")" = "$1" ]; }

# count_job ARGUMENTS…: a job that counts in its home until a file says that it is enough.
count_job() {
    local job
    job=$(submit user1 -o 'out-%j' --workspace=tiny "$@" --wrap '
        trap "" TSTP
        i=0
        until [ -e "enough-$SLURM_JOB_ID" ]; do
            i=$((i + 1))
            echo "$i" >"count-$SLURM_JOB_ID"
            sleep 0.2
        done
        echo "counted"')
    eventually "$kBootDeadlineS" as user1 test -s "count-$job" >&2
    echo "$job"
}
# What it has come to; it is written anew each time, so it may be empty for a moment.
count() { eventually 60 as user1 grep . "count-$1"; }
counts_on() { [ "$(count "$1")" != "$2" ]; }

@test "a suspended job's VM stands still, though its programs ignore the signal, and goes on after it" {
    job=$(count_job)
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    run on 1 workspace ps "$job"
    expect_output_contains 'suspended'
    servers_are T
    local before
    before=$(count "$job")
    # Longer than a silent guest is waited for.
    sleep 40
    [ "$(count "$job")" = "$before" ]
    is_paused "$job"
    resume "$job"
    eventually "$kFollowS" runs "$job"
    eventually 60 counts_on "$job" "$before"
    run on 1 workspace ps "$job"
    expect_output_contains 'running'
    as user1 touch "enough-$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    run as user1 cat "out-$job"
    expect_output counted
    expect_nothing_left 1
}

@test "a job that is cancelled while it is suspended ends, and nothing is left" {
    job=$(count_job)
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    as user1 scancel "$job"
    run wait_for_job "$job"
    expect_output CANCELLED
    expect_nothing_left 1
}

@test "a job without a task is followed too" {
    as user1 salloc --quiet --no-shell --workspace=tiny -J idle
    job=$(as user1 squeue -h -n idle -o %A)
    eventually "$kBootDeadlineS" runs "$job"
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    resume "$job"
    eventually "$kFollowS" runs "$job"
    run inside "$job" echo 'still here'
    expect_output 'still here'
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "a user's own signals neither pause the VM nor keep it from being paused" {
    local before
    job=$(count_job)
    as user1 scancel -b -s TSTP "$job"
    sleep 3
    runs "$job"
    before=$(count "$job")
    eventually 60 counts_on "$job" "$before"
    # Deaf to what Slurm sends next.
    as user1 scancel -b -s STOP "$job"
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    resume "$job"
    eventually "$kFollowS" runs "$job"
    as user1 touch "enough-$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    expect_nothing_left 1
}

@test "a watch that was killed is back when slurmd starts, and resumes what it left paused" {
    job=$(count_job)
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    on 1 pkill -KILL -x job-watch
    lab service 1 slurmd kill
    lab service 1 slurmd start
    eventually 60 on 1 pgrep -x job-watch
    resume "$job"
    eventually "$kFollowS" runs "$job"
    as user1 touch "enough-$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    expect_nothing_left 1
}

@test "a libvirtd that is restarted meanwhile changes nothing" {
    job=$(count_job)
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    lab service 1 libvirtd stop
    lab service 1 libvirtd start
    resume "$job"
    eventually "$kFollowS" runs "$job"
    as user1 touch "enough-$job"
    run wait_for_job "$job"
    expect_output COMPLETED
    expect_nothing_left 1
}

@test "a resize that is stopped half way keeps no VM from being paused, and no job from ending" {
    job=$(count_job)
    on 1 sh -c "setsid flock /run/workspace/$job/resize.lock sleep 1000 >/dev/null 2>&1 &"
    as user1 timeout 60 workspace resize "$job" --vcpus 1 3>&- &
    eventually 60 on 1 pgrep -x vm-request
    on 1 pkill -STOP -x vm-request
    suspend "$job"
    eventually "$kFollowS" is_paused "$job"
    as user1 scancel "$job"
    run wait_for_job "$job"
    expect_output CANCELLED
    wait
    on 1 pkill -f 'sleep 1000'
    expect_nothing_left 1
}

# moments JOB: suspends it, and tells how many milliseconds after that the VM was paused, as libvirt has it, and
# the task's process stopped, as Slurm does it.
moments() {
    on 1 python3 - "$1" "$hypervisor" <<'END'
import subprocess, sys, time

job, hypervisor = sys.argv[1:]
[task] = subprocess.run(["pgrep", "-x", "workspace-exec"], check=True, capture_output=True, text=True).stdout.split()

def is_stopped():
    with open(f"/proc/{task}/stat") as stat:
        return stat.read().rpartition(") ")[2][0] == "T"

def is_paused():
    answer = subprocess.run(["virsh", "-q", "-c", f"{hypervisor}:///system", "domstate", f"workspace-{job}"],
                            capture_output=True, text=True)
    return answer.stdout.startswith("paused")

begin = time.monotonic()
subprocess.run(["scontrol", "suspend", job], check=True)
stopped = paused = None
while time.monotonic() < begin + 60 and (stopped is None or paused is None):
    now = time.monotonic()
    # What is looked at before the look began is not put down to its end.
    if paused is None and is_paused():
        paused = now
    if stopped is None and is_stopped():
        stopped = now
    time.sleep(0.02)
print(*(round((moment - begin) * 1000) for moment in (paused, stopped)))
END
}

@test "the VM stands still by the time that Slurm has stopped the tasks, whatever the guest does" {
    local round paused stopped in_time=0
    job=$(submit user1 -o 'out-%j' --workspace=tiny --wrap 'trap "" TSTP TERM; echo it runs; while :; do :; done')
    eventually "$kBootDeadlineS" as user1 grep -q 'it runs' "out-$job"
    # A machine that has much else to do may be late now and then, and so may Slurm.
    for round in 1 2 3; do
        read -r paused stopped <<<"$(moments "$job")"
        echo "# the VM was paused after $paused ms, Slurm stopped the task after $stopped ms" >&3
        if [ "$paused" -le "$stopped" ]; then in_time=$((in_time + 1)); fi
        resume "$job"
        eventually "$kFollowS" runs "$job"
    done
    [ "$in_time" -ge 2 ]
    as user1 scancel "$job"
    expect_nothing_left 1
}

# share_cores PLACE: jobs take turns there, five seconds each, which is the least.
share_cores() {
    $1 sh -c 'cd /etc/slurm; sed -i "s/^PartitionName=main.*/& OverSubscribe=FORCE:2/" slurm.conf
        printf "%s\n" PreemptType=preempt/partition_prio PreemptMode=SUSPEND,GANG SchedulerTimeSlice=5 >>slurm.conf'
}

# Last in this file: the cluster shares its cores from here on.
@test "jobs that take turns on the same cores do so with their VMs" {
    local first second
    share_cores 'lab run'
    share_cores 'on 1'
    restart_slurm
    first=$(count_job -n2)
    second=$(count_job -n2)
    eventually 120 takes_its_turn "$first" "$second"
    eventually 120 takes_its_turn "$second" "$first"
    eventually 120 takes_its_turn "$first" "$second"
    as user1 touch "enough-$first" "enough-$second"
    for job in "$first" "$second"; do
        run wait_for_job "$job"
        expect_output COMPLETED
    done
    expect_nothing_left 1
}

takes_its_turn() { runs "$1" && is_paused "$2"; }
