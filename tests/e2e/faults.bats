# What goes wrong, and who is told: a user's or an image's fault fails the job with the reason in its
# output and leaves the node idle; a host's fault fails the prolog and drains the node.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab
    on 1 sh -c 'sed -i /boot_timeout/d /etc/workspace/workspace.yaml
        echo "boot_timeout: 20s" >>/etc/workspace/workspace.yaml'
}
teardown_file() { lab down >&2; }
teardown() {
    lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"
    on 1 sh -c 'for path in /var/lib/workspace/scratch /var/cache/workspace; do
        if mountpoint -q $path; then umount $path; fi
    done'
    [ "$hypervisor" != xen ] || on 1 sh -c 'if xl domid other >/dev/null 2>&1; then xl destroy other; fi'
    if is_drained 1; then resume_node 1; fi
}

# register NAME [INIT]: tiny under another name; with INIT, a script that its own kernel runs instead
# of the agent, which is /agent then.
register() {
    lab run sh -c '
        set -e
        mkdir -p "/root/$1/initrd/bin" && cd "/root/$1"
        cp /run/lab/images/tiny/tiny.squashfs root.squashfs
        echo "$1" >>root.squashfs
        printf "name: %s\nversion: \"1\"\ndescription: %s\n" "$1" "for a test" >manifest.yaml
        echo "root: {file: root.squashfs, format: squashfs}" >>manifest.yaml
        echo "boot: agent" >>manifest.yaml
        echo "needs: {memory: 96M, vcpus: 1, disk: 0}" >>manifest.yaml
        if [ -n "$2" ]; then
            (cd initrd && cpio -i --quiet </var/lib/workspace/guest/initrd.img && mv init agent)
            cp "$(command -v busybox)" initrd/bin/busybox
            printf "#!/bin/busybox sh\n%s\n" "$2" >initrd/init
            chmod 755 initrd/init
            (cd initrd && find . | cpio -o -H newc --quiet) >initrd.img
            cp /var/lib/workspace/guest/vmlinux vmlinux
            printf "kernel: {file: vmlinux}\ninitrd: {file: initrd.img}\n" >>manifest.yaml
        fi
        timeout 60 workspace image register manifest.yaml
        timeout 60 workspace image approve "$1"' sh "$@"
}

# bats test_tags=xen
@test "a guest that panics: the console's last lines are in the job's output" {
    register panics 'echo the init gives up; exit 1'
    run_job user1 --workspace=panics --wrap true
    expect_state FAILED
    expect_output_contains 'the init gives up'
    expect_output_contains 'Kernel panic'
    expect_nothing_left 1
}

@test "a guest that never answers: the deadline" {
    register silent 'echo the init sleeps; while :; do /bin/busybox sleep 1; done'
    run_job user1 --workspace=silent --wrap true
    expect_state FAILED
    expect_output_contains 'the init sleeps'
    expect_output_contains '20 s'
    expect_nothing_left 1
}

@test "an image file that was truncated after its registration" {
    register truncated
    lab run sh -c 'cd /var/lib/workspace/store/files
        file=sha256-$(sha256sum </root/truncated/root.squashfs | cut -d" " -f1)
        truncate -s 4096 "$file"'
    run_job user1 --workspace=truncated --wrap true
    expect_state FAILED
    expect_output_contains 'the image must be registered again'
    expect_nothing_left 1
}

@test "memory below the image's need, which the submission let pass: refused by the node" {
    # The login side reckons with less than this node does.
    on 1 sh -c 'echo "memory_overhead: 128M" >>/etc/workspace/workspace.yaml'
    run as user1 srun -Q --workspace=tiny --mem=200M true
    on 1 sed -i /memory_overhead/d /etc/workspace/workspace.yaml
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'tiny:1' needs 96M of memory and its VM 128M, but the job has 200M on node1; ask for --mem=224M"
    expect_nothing_left 1
}

dom0_memory() { on 1 xl list Domain-0 | awk '!/^Name/ {print $3}'; }

# bats test_tags=xen,xen-only
@test "a job for which Xen has not memory enough takes none of dom0's, and the fault is the site's" {
    local dom0
    dom0=$(dom0_memory)
    on 1 sh -ec 'printf "name = \"other\"\nmemory = %s\nkernel = \"%s\"\n" \
            "$(($(xl info free_memory) - 100))" /var/lib/workspace/guest/vmlinux >/root/other.cfg
        xl create -qp /root/other.cfg'
    job=$(submit user1 --workspace=tiny --mem=400M --wrap true)
    expect_drained 1
    as user1 scancel "$job"
    [ "$(dom0_memory)" = "$dom0" ]
    on 1 xl destroy other
    run on 1 grep 'beside dom0' /var/log/slurm/slurmd.log
    expect_output_contains 'take RealMemory in slurm.conf from `workspace node config`'
    resume_node 1
    run as user1 srun -Q --workspace=tiny echo 'it runs again'
    expect_output 'it runs again'
    expect_nothing_left 1
}

# boot_timeout TIME: of node 1, from now on.
boot_timeout() {
    on 1 sed -i "s/^boot_timeout:.*/boot_timeout: $1/" /etc/workspace/workspace.yaml
}

virsh() { on 1 virsh -q -c "$hypervisor:///system" "$@"; }

# register_waiting: tiny with an init before the agent that has much to do until the VM gets an NMI.
register_waiting() {
    register waits 'echo the init waits
        /bin/busybox mount -t proc proc /proc
        until /bin/busybox grep -q "^ *NMI: *[1-9]" /proc/interrupts; do :; done
        /bin/busybox umount /proc
        exec /agent'
}

# Before the agent it reads no disk, as a kernel that has stalled.
@test "a guest that does not come to its agent is booted once more, and the job runs" {
    boot_timeout 300s
    register_waiting
    job=$(submit user1 -o 'out-%j' --workspace=waits --wrap 'echo it runs')
    waits() { on 1 grep -qs 'the init waits' "/run/workspace/$job/console.log"; }
    domain_id() { virsh domid "workspace-$job" 2>&1; }
    eventually "$kBootDeadlineS" waits
    first=$(domain_id)
    waits_again() { [ "$(domain_id)" = $((first + 1)) ] && waits; }
    eventually 240 waits_again
    virsh inject-nmi "workspace-$job"
    [ "$(wait_for_job "$job")" = COMPLETED ]
    run as user1 cat "out-$job"
    expect_output 'it runs'
    boot_timeout 20s
    expect_nothing_left 1
}

@test "a guest that never comes to its agent: the deadline, of both boots together" {
    boot_timeout 40s
    register loops 'echo the init loops; while :; do :; done'
    run_job user1 --workspace=loops --wrap true
    boot_timeout 20s
    expect_state FAILED
    expect_output_contains "image 'loops:1' did not answer within 40 s; the console's last lines: the init loops"
    expect_nothing_left 1
}

@test "libvirtd is being restarted: prolog and epilog wait for it, and the job runs" {
    lab service 1 libvirtd kill
    job=$(submit user1 -o 'out-%j' --workspace=tiny --wrap 'touch it-runs; until [ -e it-may-end ]; do sleep 0.1; done')
    eventually "$kBootDeadlineS" on 1 pgrep -x boot-workspace
    sleep 2
    lab service 1 libvirtd start
    eventually "$kBootDeadlineS" as user1 test -e it-runs
    lab service 1 libvirtd kill
    as user1 touch it-may-end
    eventually "$kBootDeadlineS" on 1 pgrep -x end-workspace
    sleep 2
    lab service 1 libvirtd start
    [ "$(wait_for_job "$job")" = COMPLETED ]
    expect_nothing_left 1
}

@test "libvirtd is down: the prolog fails, the node is drained, and comes back" {
    run on 1 workspace node check
    [ "$status" -le 1 ]
    expect_output_contains "$hypervisor:///system answers; 0 workspace domains"
    expect_output_contains '/etc/workspace/keys holds 1 keys'
    expect_output_contains 'Prolog=/usr/libexec/workspace/prolog'
    lab service 1 libvirtd kill
    run on 1 workspace node check
    expect_status 2
    expect_output_contains "see that libvirtd runs and root may use $hypervisor:///system"
    job=$(submit user1 --workspace=tiny --wrap true)
    expect_drained 1
    as user1 scancel "$job"
    lab service 1 libvirtd start
    resume_node 1
    run as user1 srun -Q --workspace=tiny echo 'it runs again'
    expect_output 'it runs again'
    expect_nothing_left 1
}

@test "the scratch space is full: the prolog fails and nothing is left" {
    on 1 sh -c 'mkdir -p /var/lib/workspace/scratch; mount -t tmpfs -o size=1M,mode=700 full /var/lib/workspace/scratch'
    job=$(submit user1 --workspace=tiny --wrap true)
    expect_drained 1
    as user1 scancel "$job"
    on 1 umount /var/lib/workspace/scratch
    resume_node 1
    expect_nothing_left 1
}

# What both runs of the last prolog have told node 1's slurmd, a line that is the same once.
prolog_errors() { on 1 grep '^workspace prolog: error: ' /var/log/slurm/slurmd.log | tail -n 2 | sort -u; }

ran_again() { start_requeued "$1" && [ "$(job_field "$1" JobState)" = COMPLETED ]; }

@test "the cache is full in the midst of a fill: the prolog fails, nothing looks whole, and with room the job runs" {
    register filling
    on 1 mount -t tmpfs -o size=1M,mode=755 full /var/cache/workspace
    job=$(submit user1 --workspace=filling -o 'out-%j' --wrap 'echo it ran')
    expect_drained 1
    run prolog_errors
    [ "${#lines[@]}" -eq 1 ]
    expect_output_contains ": writing /var/cache/workspace/files/.partial-sha256-"
    expect_output_contains ': No space left on device; free space there'
    run on 1 find /var/cache/workspace -type f -not -path '*/locks/*'
    expect_output ''
    run vms_on 1
    expect_output ''
    on 1 mount -o remount,size=64M /var/cache/workspace
    resume_node 1
    # Slurm has put the job back into the queue, and holds it.
    lab run timeout 60 scontrol release "$job"
    eventually "$kBootDeadlineS" ran_again "$job"
    run as user1 cat "out-$job"
    expect_output 'it ran'
    expect_nothing_left 1
    on 1 workspace image verify filling
}

@test "garbage in the request is the user's fault, recorded, and cleaned up" {
    local line
    job=$(start_job user1)
    for line in garbage '1 image=../etc' $'1 image=tiny\nversion=1' '1 image=tiny colour=red' \
        "$(head -c 100000 /dev/zero | tr '\0' x)"; do
        prolog "$line"
        run on 1 grep '^state=' "/run/workspace/$job/record"
        expect_output 'state=failed'
        run as user1 srun -Q --jobid="$job" --overlap true
        [ "$status" -ne 0 ]
        epilog "$line"
        run on 1 test -e "/run/workspace/$job"
        expect_status 1
    done
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "a record that was tampered with: no task enters by it, and the end takes the job's own VM alone" {
    local neighbour line
    job=$(start_job user1 -n1 --workspace=tiny)
    neighbour=$(start_job user2 -n1 --workspace=tiny)
    on 1 cp "/run/workspace/$job/record" /root/record
    # What is done to the record, and what its tasks are told. The last one stays.
    local -a cases=(
        ": >record|the record of a workspace job is damaged: field 'version' is missing"
        "sed -i 's/^vcpus=.*/vcpus=-1/' record|the record of a workspace job is damaged: field 'vcpus' is '-1', not a whole number"
        "truncate -s -1 record|the record of a workspace job is damaged: the last line is cut off"
        "chown user1: record|record is not trusted: it belongs to uid 2001, not to root"
        "cp ../$neighbour/record record|the workspace's record on this node belongs to job $neighbour of uid 2002"
        "ln -sf /run/workspace/$neighbour/record record|record is not trusted: it is a link"
    )
    for line in "${cases[@]}"; do
        on 1 sh -ec "cd /run/workspace/$job; rm -f record; cp /root/record record; ${line%%|*}"
        run as user1 srun -Q --jobid="$job" --overlap true
        [ "$status" -ne 0 ]
        expect_output_contains "${line#*|}"
    done
    as user1 scancel "$job"
    wait_for_job "$job"
    run as user2 srun -Q --jobid="$neighbour" --overlap echo 'still here'
    expect_output 'still here'
    as user2 scancel "$neighbour"
    wait_for_job "$neighbour"
    expect_nothing_left 1
}
