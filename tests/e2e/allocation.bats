# The allocation is the law: on which CPUs the VM and all that works for it run. WORKSPACE_E2E_SAMPLES
# looks longer.

bats_require_minimum_version 1.5.0
load support

readonly kSamples=${WORKSPACE_E2E_SAMPLES:-10000}

setup_file() {
    start_lab
    on 1 sh -c 'cat >/root/affinity.py' <"$BATS_TEST_DIRNAME/affinity.py"
}
teardown_file() { lab down >&2; }
teardown() { lab run timeout 20 scancel -u user1; }

# cpus_of JOB: what Slurm allocated on the node, once it has. On the lab's machine, with one socket and
# no hardware threads, Slurm's numbers are the machine's.
cpus_of() { lab run timeout 10 scontrol -d show job "$1" | grep -o 'CPU_IDs=[^ ]*' | cut -d= -f2; }
is_placed() { [ -n "$(cpus_of "$1")" ]; }

# samples_of FILE KIND: how many there are of this kind.
samples_of() { awk -v kind="$2" '{ count = $1; $1 = $2 = ""; if (index($0, kind)) sum += count } END { print sum + 0 }' "$1"; }

@test "two jobs side by side: every thread of VM, 9p servers and tasks stays on its job's CPU" {
    local number job watcher seen
    local -a jobs=() watchers=()
    # Held until they are watched, so that the first thread of all is seen too.
    for number in 1 2; do
        job=$(submit user1 --hold -n1 --workspace=tiny --wrap 'end=$(($(date +%s) + 10))
            while [ "$(date +%s)" -lt "$end" ]; do head -c 4M /dev/urandom >~/of-$SLURM_JOB_ID; done')
        LAB_TIMEOUT_S=300 on 1 python3 /root/affinity.py "$job" 200 >"$BATS_TEST_TMPDIR/$job" 3>&- &
        watchers+=("$!") jobs+=("$job")
    done
    lab run timeout 20 scontrol release "${jobs[@]}"
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
        [ "$(samples_of "$seen" '')" -ge "$((kSamples / 2))" ]
        [ "$(samples_of "$seen" 'hypervisor: CPU 0')" -gt 0 ]
        [ "$(samples_of "$seen" '9p server')" -gt 0 ]
        [ "$(samples_of "$seen" 'workspace-exec')" -gt 0 ]
    done
}

@test "of a job with several CPUs each vCPU has one of its own" {
    job=$(start_job user1 -n1 -c2 --workspace=tiny)
    on 1 python3 /root/affinity.py "$job" 60 "$kSamples" >"$BATS_TEST_TMPDIR/seen"
    cat "$BATS_TEST_TMPDIR/seen"
    [ "$(awk '/hypervisor: CPU/ {$1 = ""; print}' "$BATS_TEST_TMPDIR/seen")" = \
        $' 0 hypervisor: CPU 0/TCG\n 1 hypervisor: CPU 1/TCG' ] ||
        [ "$(awk '/hypervisor: CPU/ {$1 = ""; print}' "$BATS_TEST_TMPDIR/seen")" = \
            $' 0 hypervisor: CPU 0/KVM\n 1 hypervisor: CPU 1/KVM' ]
    [ "$(awk '!/hypervisor: CPU/ {print $2}' "$BATS_TEST_TMPDIR/seen" | sort -u)" = 0-1 ]
}
