# The allocation is the law: on which CPUs the VM and all that works for it run, and what becomes of a
# job that wants more memory than it has. WORKSPACE_E2E_SAMPLES=100000 and WORKSPACE_E2E_MEMORY_RUNS=50
# look longer.

bats_require_minimum_version 1.5.0
load support

# Where the node is emulated each look at a VM's CPUs takes half a second.
case $hypervisor in
    qemu) kSamples=10000 ;;
    xen) kSamples=40 ;;
esac
readonly kSamples=${WORKSPACE_E2E_SAMPLES:-$kSamples} kMemoryRuns=${WORKSPACE_E2E_MEMORY_RUNS:-1}

setup_file() {
    start_lab
    on 1 sh -c 'cat >/root/affinity.py' <"$BATS_TEST_DIRNAME/affinity.py"
}
teardown_file() { lab down >&2; }
teardown() {
    lab run timeout 60 sh -c "scancel -u user1; scancel -u user2; scontrol delete PartitionName=shared 2>/dev/null || true"
    on 1 sh -c 'if mountpoint -q /var/lib/workspace/scratch; then umount -l /var/lib/workspace/scratch; fi'
}

# cpus_of JOB: what Slurm allocated on the node, once it has. On the lab's machine, with one socket and
# no hardware threads, Slurm's numbers are the machine's.
cpus_of() { lab run timeout 60 scontrol -d show job "$1" | grep -o 'CPU_IDs=[^ ]*' | cut -d= -f2; }
is_placed() { [ -n "$(cpus_of "$1")" ]; }

# watch_cpus JOB DEADLINE_S [SAMPLES]: on which CPUs what works for the job was seen, as affinity.py prints it: of Xen,
# whose vCPUs are no threads of the node's, from when the VM is there until it is gone.
watch_cpus() {
    case $hypervisor in
        qemu) on 1 python3 /root/affinity.py "$@" ;;
        xen)
            on 1 timeout "$2" sh -c 'count=0
                until xl domid "workspace-$1" >/dev/null 2>&1; do sleep 1; done
                while [ "$count" -lt "$2" ] && xl vcpu-list "workspace-$1" 2>/dev/null; do
                    count=$((count + 1))
                done | awk "\$4 ~ /^[0-9]+\$/ {print \$4, \"hypervisor: CPU \" \$3}" | sort | uniq -c' \
                sh "$1" "${3:-$((kSamples / 2))}"
            ;;
    esac
}

# samples_of FILE KIND: how many there are of this kind.
samples_of() { awk -v kind="$2" '{ count = $1; $1 = $2 = ""; if (index($0, kind)) sum += count } END { print sum + 0 }' "$1"; }

@test "two jobs side by side: every thread of VM, 9p servers and tasks stays on its job's CPU" {
    local number job watcher seen
    local -a jobs=() watchers=()
    # Held until they are watched, so that the first thread of all is seen too.
    for number in 1 2; do
        job=$(submit user1 --hold -n1 --workspace=tiny --wrap 'end=$(($(date +%s) + 10))
            while [ "$(date +%s)" -lt "$end" ]; do head -c 4M /dev/urandom >~/of-$SLURM_JOB_ID; done')
        LAB_TIMEOUT_S=300 watch_cpus "$job" 200 >"$BATS_TEST_TMPDIR/$job" 3>&- &
        watchers+=("$!") jobs+=("$job")
    done
    lab run timeout 60 scontrol release "${jobs[@]}"
    for job in "${jobs[@]}"; do
        eventually "$kBootDeadlineS" is_placed "$job"
        cpus_of "$job" >"$BATS_TEST_TMPDIR/cpus-of-$job"
    done
    run cat "$BATS_TEST_TMPDIR"/cpus-of-*
    [ "$(sort <<<"$output")" = $'0\n1' ]
    for watcher in "${watchers[@]}"; do wait "$watcher"; done
    for job in "${jobs[@]}"; do
        seen=$BATS_TEST_TMPDIR/$job
        cat "$seen"
        [ "$(awk '{print $2}' "$seen" | sort -u)" = "$(cat "$BATS_TEST_TMPDIR/cpus-of-$job")" ]
        [ "$(samples_of "$seen" 'hypervisor: CPU 0')" -gt 0 ]
        [ "$hypervisor" = qemu ] || continue
        [ "$(samples_of "$seen" '')" -ge "$((kSamples / 2))" ]
        [ "$(samples_of "$seen" '9p server')" -gt 0 ]
        [ "$(samples_of "$seen" 'workspace-exec')" -gt 0 ]
    done
}

@test "of a job with several CPUs each vCPU has one of its own" {
    job=$(start_job user1 -n1 -c2 --workspace=tiny)
    watch_cpus "$job" 60 "$kSamples" >"$BATS_TEST_TMPDIR/seen"
    cat "$BATS_TEST_TMPDIR/seen"
    [ "$(sed -n 's,/[A-Z]*$,,; s/^ *[0-9]* \(.*hypervisor: CPU\)/\1/p' "$BATS_TEST_TMPDIR/seen")" = \
        $'0 hypervisor: CPU 0\n1 hypervisor: CPU 1' ]
    [ "$hypervisor" = qemu ] || return 0
    [ "$(awk '!/hypervisor: CPU/ {print $2}' "$BATS_TEST_TMPDIR/seen" | sort -u)" = 0-1 ]
}

# vm_of JOB: the process of its VM, on Xen its domain; another one has another number.
vm_of() {
    case $hypervisor in
        qemu) on 1 pgrep -f "guest=workspace-$1," ;;
        xen) on 1 xl domid "workspace-$1" ;;
    esac
}

# cpu_ticks_of JOB…: what each job's VM has had of the CPUs, in hundredths of a second: its process (proc(5), utime and
# stime), on Xen its domain.
cpu_ticks_of() {
    case $hypervisor in
        qemu)
            on 1 sh -c 'for job in "$@"; do
                sed "s/.*) //" "/proc/$(pgrep -f "guest=workspace-$job,")/stat" | awk "{print \$12 + \$13}"
            done' sh "$@"
            ;;
        xen) on 1 sh -c 'for job in "$@"; do xl list "workspace-$job"; done' sh "$@" | awk '!/^Name / {print $6 * 100}' ;;
    esac
}

# works_on_shared_cpu: a job that keeps its CPU busy; prints its id.
works_on_shared_cpu() {
    submit user1 -p shared -n1 --mem=256M --workspace=tiny -o 'out-%j' --wrap 'echo it works; while :; do :; done'
}

# have_half_each JOB JOB: of all CPU time that the two of them have, within 3 %. A kernel that schedules VMs as
# groups is fair in the long run: on a busy machine it gives one of them seconds, and then the other. So they
# have 20 s of it at least, and as much more as it takes.
have_half_each() {
    mapfile -t before < <(cpu_ticks_of "$@")
    looked_at=1000
    eventually 300 had_half "$@"
}

had_half() {
    mapfile -t after < <(cpu_ticks_of "$@")
    local first=$((after[0] - before[0])) second=$((after[1] - before[1]))
    local both=$((first + second))
    [ "$both" -ge "$((looked_at + 1000))" ] || return 1
    looked_at=$both
    echo "ticks of the CPUs: $first and $second"
    [ "$((first * 1000))" -ge "$((both * 485))" ] && [ "$((first * 1000))" -le "$((both * 515))" ]
}

@test "two jobs on the same CPU have half of it each, within 3 %" {
    local job other looked_at
    local -a jobs=() before after
    lab run timeout 60 scontrol create PartitionName=shared Nodes=ALL OverSubscribe=FORCE:2 State=UP
    # Slurm shares a CPU when no other is free.
    jobs+=("$(works_on_shared_cpu)")
    eventually "$kBootDeadlineS" is_placed "${jobs[0]}"
    other=$(submit user2 -p shared -n1 --mem=10M --wrap 'sleep 300')
    eventually "$kBootDeadlineS" is_placed "$other"
    jobs+=("$(works_on_shared_cpu)")
    for job in "${jobs[@]}"; do eventually "$kBootDeadlineS" as user1 grep -qs 'it works' "out-$job"; done
    [ "$(cpus_of "${jobs[0]}")" = "$(cpus_of "${jobs[1]}")" ]
    have_half_each "${jobs[@]}"
    lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"
    for job in "${jobs[@]}" "$other"; do wait_for_job "$job"; done
    expect_nothing_left 1
}

both_loops_of() { [ "$(as user1 grep -cs 'it works' "out-$1")" = 2 ]; }

@test "two jobs on the same two CPUs have half of them each, within 3 %" {
    local job looked_at
    local -a jobs=() before after
    lab run timeout 60 scontrol create PartitionName=shared Nodes=ALL OverSubscribe=FORCE:2 State=UP
    # One loop for each vCPU: left to itself the guest's kernel may put both on one, and the VM then asks for
    # less. Each says that it runs: a second one that starts late is time that nobody asked for.
    for _ in 1 2; do
        job=$(submit user1 -p shared -n1 -c2 --mem=256M --workspace=tiny -o 'out-%j' --wrap '
            for mask in 1 2; do taskset $mask sh -c "echo it works; while :; do :; done" & done; wait')
        jobs+=("$job")
    done
    for job in "${jobs[@]}"; do eventually "$kBootDeadlineS" both_loops_of "$job"; done
    for job in "${jobs[@]}"; do [ "$(cpus_of "$job")" = 0-1 ]; done
    have_half_each "${jobs[@]}"
    lab run timeout 60 scancel -u user1
    for job in "${jobs[@]}"; do wait_for_job "$job"; done
    expect_nothing_left 1
}

# eats_memory USER: a program in the user's home that wants 150 MB of a VM with less: in two steps, for one
# that asks for all at once is refused, and lives.
eats_memory() {
    as "$1" sh -c 'cat >eat; chmod 755 eat' <<'END'
#!/bin/sh
head -c 60000000 /dev/zero >/dev/shm/eaten
exec tail -c 90000000 /dev/zero
END
}

readonly kRanOut="workspace: out of memory: a process of this task was killed, because the job's VM with 192 MiB was full; \
ask for more with --mem"

@test "a job that eats its memory is OUT_OF_MEMORY and says why; its neighbours do not notice, time and again" {
    local number neighbour pid
    eats_memory user1
    neighbour=$(start_job user2 -n1 --workspace=tiny)
    pid=$(vm_of "$neighbour")
    for number in $(seq "$kMemoryRuns"); do
        run_job user1 -n1 --mem=256M --workspace=tiny --wrap 'echo begins; ./eat; echo "it ended with $?"; exit 3'
        [[ $output == *"it ended with 137"*"$kRanOut"* ]] || { echo "run $number: $output" && return 1; }
        expect_state OUT_OF_MEMORY
        [ "$(job_field "$job" ExitCode)" = 0:125 ]
    done
    [ "$(vm_of "$neighbour")" = "$pid" ]
    run as user2 srun -Q --jobid="$neighbour" --overlap echo 'still here'
    expect_output 'still here'
    as user2 scancel "$neighbour"
    wait_for_job "$neighbour"
    expect_nothing_left 1
}

# The image `own`: `tiny` with its own busybox as init, which has nothing to do.
own_init_image() {
    lab run sh -ec 'mkdir /root/own && cd /root/own
        sqfs2tar /run/lab/images/tiny/tiny.squashfs | tar -x --one-top-level=tree
        echo "::wait:/bin/sh -c \": >/run/workspace/up\"" >tree/etc/inittab
        mksquashfs tree own.squashfs -all-root -comp lz4 -no-progress -quiet
        printf "name: own\nversion: \"1\"\nboot: init\nneeds: {memory: 96M}\n" >manifest.yaml
        echo "root: {file: own.squashfs, format: squashfs}" >>manifest.yaml
        timeout 60 workspace image register manifest.yaml
        timeout 60 workspace image approve own' >&2
}

@test "a job that eats its memory beside an init of the image's own is OUT_OF_MEMORY too" {
    own_init_image
    eats_memory user1
    run_job user1 -n1 --mem=256M --workspace=own --wrap 'cat /proc/1/comm; ./eat; echo "it ended with $?"; exit 3'
    [[ $output == init*"it ended with 137"*"$kRanOut"* ]] || { echo "$output" && return 1; }
    expect_state OUT_OF_MEMORY
    [ "$(job_field "$job" ExitCode)" = 0:125 ]
    expect_nothing_left 1
}

@test "a step that eats the memory fails with the line, and its job goes on" {
    eats_memory user1
    run_job user1 -n1 --mem=256M --workspace=tiny --wrap 'srun ./eat; echo "the step ended with $?"'
    echo "$output"
    expect_state COMPLETED
    [[ $output == *"$kRanOut"* ]]
    [[ $output == *'the step ended with 137'* ]]
}

@test "a scratch disk has its space: who finds too little waits in the queue, who wants more than there is fails" {
    local first second
    on 1 mount -t tmpfs -o size=700M,mode=711 small /var/lib/workspace/scratch
    first=$(start_job user1 -n1 --workspace=tiny --workspace-disk=300M)
    [ "$(on 1 sh -c "du -m /var/lib/workspace/scratch/$first.scratch | cut -f1")" = 300 ]
    run_job user1 -n1 --workspace=tiny --workspace-disk=600M --wrap true
    expect_state FAILED
    [[ $output == *"a scratch disk of 600M is more than this node has: "*"; ask for less with --workspace-disk"* ]]
    second=$(submit user1 -n1 --workspace=tiny --workspace-disk=300M -o out-second --wrap 'echo it ran')
    eventually "$kBootDeadlineS" was_requeued "$second"
    expect_in_service 1
    as user1 scancel "$first"
    wait_for_job "$first"
    eventually "$kBootDeadlineS" runs_again "$second"
    [ "$(as user1 cat out-second)" = 'it ran' ]
    expect_nothing_left 1
    on 1 umount /var/lib/workspace/scratch
}

was_requeued() { [ "$(job_field "$1" Restarts)" = 1 ] && [ "$(job_field "$1" JobState)" = PENDING ]; }
runs_again() {
    start_requeued "$1"
    [ "$(job_field "$1" JobState)" = COMPLETED ]
}

# The last one: Slurm's controller takes a smaller number of CPUs while it runs, and says that it wants a restart.
# bats test_tags=xen-only
@test "where dom0 is bound to a CPU, jobs have the others" {
    on 1 xl vcpu-pin Domain-0 all 0
    run on 1 workspace node config
    expect_output_contains '# Without the CPU that dom0 is bound to.'
    expect_output_contains ' CPUs=1 '
    on 1 sed -i 's/ CPUs=2 / CPUs=1 /' /etc/slurm/slurm.conf
    lab run sed -i 's/ CPUs=2 / CPUs=1 /' /etc/slurm/slurm.conf
    run lab run scontrol reconfigure
    expect_output_contains 'require restart of the slurmctld'
    job=$(start_job user1 -n1 --workspace=tiny)
    run watch_cpus "$job" 120
    expect_output_contains ' 1 hypervisor: CPU 0'
    [ "${#lines[@]}" -eq 1 ]
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}
