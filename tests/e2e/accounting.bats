# With Slurm's accounting: who has which account and QOS is Slurm's to say, and the digest is in its records.

bats_require_minimum_version 1.5.0
load support
load images

setup_file() { start_lab --accounting; }
teardown_file() { lab down >&2; }
teardown() { lab run timeout 60 scancel -u user1; }

# recorded JOB FIELD: what the accounting says of the job itself, not of its steps.
recorded() { lab run timeout 60 sacct -n -P -X -j "$1" -o "$2%200"; }

# has_recorded JOB FIELD TEXT: it comes some time after the job's end.
has_recorded() { [ "$(recorded "$1" "$2")" = "$3" ]; }

@test "QOS: checked by the controller, and again by the node against the job's own record" {
    make_image timed 1 'access: {allow: {qos: [teaching]}}'
    approve timed
    run as user1 sbatch --workspace=timed --qos=normal --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'timed' is not for you: of qos it is for teaching; you have QOS 'normal'"
    run as user1 sbatch --workspace=timed --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'timed' is not for you: of qos it is for teaching; you have QOS 'normal'"
    run_job user1 --workspace=timed --qos=teaching --wrap 'echo it ran'
    expect_state COMPLETED
    expect_output 'it ran'
    # Who changes it later is refused where it counts.
    job=$(hold timed --qos=teaching)
    as user1 scontrol update "job=$job" qos=normal
    release "$job"
    refused_by_node "image 'timed:1' is not for you: of qos it is for teaching; you have QOS 'normal'"
}

@test "account and QOS that are denied: by the controller, and again by the node" {
    make_image denied 1 'access: {deny: {accounts: [physics], qos: [teaching]}}'
    approve denied
    run as user1 sbatch --workspace=denied -A physics --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'denied' is not for you: account 'physics' is denied"
    run as user1 sbatch --workspace=denied --qos=teaching --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'denied' is not for you: QOS 'teaching' is denied"
    job=$(hold denied -A course)
    as user1 scontrol update "job=$job" account=physics
    release "$job"
    refused_by_node "image 'denied:1' is not for you: account 'physics' is denied"
    job=$(hold denied)
    as user1 scontrol update "job=$job" qos=teaching
    release "$job"
    refused_by_node "image 'denied:1' is not for you: QOS 'teaching' is denied"
    run_job user1 --workspace=denied -A course --wrap 'echo it ran'
    expect_output 'it ran'
}

@test "a user's default account counts as if it had been named" {
    make_image billed 1 'access: {allow: {accounts: [course]}}'
    approve billed
    run as user1 sbatch --workspace=billed --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'billed' is not for you: of accounts it is for course; you have account 'lab'"
    run_job user1 --workspace=billed -A course --wrap 'echo it ran'
    expect_output 'it ran'
}

@test "the digest is in the accounting, where the site shows it" {
    local shown
    shown="workspace=tiny:1@$(digest_of tiny)"
    run_job user1 --workspace=tiny --wrap true
    expect_state COMPLETED
    eventually 60 has_recorded "$job" AdminComment "$shown"
    in_config ctl 'digest_shown_in: comment'
    run_job user1 --workspace=tiny --comment=mine --wrap true
    in_config ctl ''
    eventually 60 has_recorded "$job" Comment "mine $shown"
    has_recorded "$job" AdminComment ''
}

# iops_of JOB: the bound of its VM's disks, as the hypervisor has it.
iops_of() {
    on 1 virsh -q -c qemu:///system dumpxml "workspace-$1" | sed -n 's,^ *<total_iops_sec>\(.*\)</.*,\1,p' | sort -u
}

@test "the caps of a QOS go before the site's, by the QOS that the accounting lets a job have" {
    local line qos
    in_config 1 'caps: {disk_iops: 100, qos: {teaching: {disk_iops: 60}}}'
    for line in normal:100 teaching:60; do
        qos=${line%:*}
        job=$(start_job user1 -n1 --workspace=tiny --qos="$qos")
        run iops_of "$job"
        expect_output "${line#*:}"
        as user1 scancel "$job"
        wait_for_job "$job"
    done
    in_config 1 ''
    expect_nothing_left 1
}
