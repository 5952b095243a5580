# Jobs and steps of all shapes: counts, arrays, several programs, parallel steps, requeue, CPU binding.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab --nodes 2
    use_all_cpus 1 2
    as user1 tee who >/dev/null <<'END'
#!/bin/sh
. /etc/os-release
echo "${SLURM_PROCID} of ${SLURM_NTASKS} on $(hostname) $ID"
END
    as user1 chmod 0755 who
}

teardown_file() { lab down >&2; }

# sorted USER CMD…: runs it; its lines in order.
sorted() {
    run as "$@"
    output=$(sort <<<"$output")
}

@test "-N, -n and --ntasks-per-node" {
    sorted user1 srun -Q --workspace=tiny -N2 -n4 ./who
    expect_output $'0 of 4 on node1 tiny\n1 of 4 on node1 tiny\n2 of 4 on node2 tiny\n3 of 4 on node2 tiny'
    sorted user1 srun -Q --workspace=tiny -N2 --ntasks-per-node=1 ./who
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    sorted user1 srun -Q --workspace=tiny -N2 -n3 --distribution=cyclic ./who
    expect_output $'0 of 3 on node1 tiny\n1 of 3 on node2 tiny\n2 of 3 on node1 tiny'
}

@test "-c: a task has that many vCPUs" {
    run as user1 srun -Q --workspace=tiny -n1 -c2 sh -c 'nproc; echo "$SLURM_CPUS_PER_TASK"'
    expect_output $'2\n2'
    run as user1 srun -Q --workspace=tiny -n1 -c1 nproc
    expect_output 1
}

@test "an array: each of its jobs has a VM of its own" {
    job=$(submit user1 --workspace=tiny --array=1-3 --mem=300M -o 'array-%A-%a' \
        --wrap 'echo "$SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_JOB_ID"; cat /proc/sys/kernel/random/boot_id')
    eventually "$((2 * kBootDeadlineS))" no_job_of user1
    run as user1 sh -c "head -qn1 array-$job-*"
    expect_output "1 of $job
2 of $job
3 of $job"
    [ "$(as user1 sh -c "tail -qn1 array-$job-* | sort -u | wc -l")" = 3 ]
    expect_nothing_left 1 2
}

no_job_of() { [ -z "$(lab run squeue -h -u "$1")" ]; }

@test "a heterogeneous job: each component has its own image" {
    local images=$'Debian GNU/Linux 11 (bullseye)\ntiny 1 (busybox)'
    as user1 sh -c 'echo ". /etc/os-release; echo \"\${PRETTY_NAME:-\$ID}\"" >image'
    sorted user1 srun -Q --workspace=tiny -n1 --mem=300M sh image : \
        --workspace=legacy-bullseye -n1 --mem=400M sh image
    expect_output "$(sort <<<"$images")"
    sorted user1 salloc -Q --workspace=tiny -n1 --mem=300M : --workspace=legacy-bullseye -n1 --mem=400M \
        srun --het-group=0,1 sh image
    expect_output "$(sort <<<"$images")"
    job=$(submit user1 -o het-out --workspace=tiny -n1 --mem=300M : --workspace=legacy-bullseye -n1 \
        --mem=400M --wrap 'srun --het-group=0,1 sh image')
    eventually "$((2 * kBootDeadlineS))" no_job_of user1
    run as user1 sort het-out
    expect_output "$(sort <<<"$images")"
    as user1 tee het.sh >/dev/null <<'END'
#!/bin/sh
#SBATCH -o het-out --workspace=tiny -n1 --mem=300M
#SBATCH hetjob
#SBATCH --workspace=legacy-bullseye -n1 --mem=400M
srun --het-group=0,1 sh image
END
    as user1 rm het-out
    submit user1 het.sh
    eventually "$((2 * kBootDeadlineS))" no_job_of user1
    run as user1 sort het-out
    expect_output "$(sort <<<"$images")"
    expect_nothing_left 1 2
}

@test "--multi-prog" {
    as user1 tee multi.conf >/dev/null <<'END'
0 ./who
1-2 sh -c 'echo "%t %o"; ./who' sh
3 echo %t %o '%t' a\ b
END
    sorted user1 srun -Q -N2 -n4 --multi-prog multi.conf
    bare=${output//debian/tiny}
    sorted user1 srun -Q --workspace=tiny -N2 -n4 --multi-prog multi.conf
    expect_status 0
    expect_output "$bare"
    expect_output_contains '3 0 %t a b'
    expect_output_contains '2 of 4 on node2 tiny'
}

@test "parallel steps in one allocation, from the script and from outside" {
    as user1 tee steps.sh >/dev/null <<'END'
#!/bin/sh
for i in 1 2 3 4; do
    srun -Q -n1 --overlap sh -c "echo step $i on \$(hostname) \$(cat /proc/sys/kernel/random/boot_id); sleep 1" &
done
wait
END
    run_job user1 --workspace=tiny -n2 --mem=400M steps.sh
    expect_state COMPLETED
    [ "$(grep -c '^step [1-4] on node' <<<"$output")" = 4 ]
    [ "$(awk '{print $5}' <<<"$output" | sort -u | wc -l)" = 1 ]
    job=$(start_job user1 --workspace=tiny -N2 -n2 --mem=300M)
    sorted user1 srun -Q --jobid="$job" --overlap -N2 -n2 ./who
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    run as user1 srun -Q --jobid="$job" --overlap -N1 -n1 -w node2 ./who
    expect_output '0 of 1 on node2 tiny'
    as user1 scancel "$job"
    expect_nothing_left 1 2
}

@test "steps that do not share wait for each other's CPUs" {
    as user1 tee exclusive.sh >/dev/null <<'END'
#!/bin/sh
for i in 1 2; do
    srun -Q -n1 -c2 --exact --mem=100M sh -c "echo begin; sleep 1; echo end" &
done
wait
END
    run_job user1 --workspace=tiny -n2 --mem=400M exclusive.sh
    expect_state COMPLETED
    expect_output $'begin\nend\nbegin\nend'
}

@test "requeue: the job begins anew, in a new VM" {
    job=$(submit user1 --workspace=tiny --mem=300M --requeue --open-mode=append -o requeued --wrap \
        'echo "run ${SLURM_RESTART_COUNT:-0} $(cat /proc/sys/kernel/random/boot_id)"; test "$SLURM_RESTART_COUNT" = 1 || sleep 300')
    eventually "$kBootDeadlineS" as user1 grep -q 'run 0' requeued 2>/dev/null
    lab run scontrol requeue "$job"
    eventually "$((2 * kBootDeadlineS))" ran_again "$job"
    wait_for_job "$job"
    [ "$(as user1 sh -c "grep '^run' requeued | awk '{print \$3}' | sort -u | wc -l")" = 2 ]
    expect_nothing_left 1 2
}

ran_again() { start_requeued "$1" && as user1 grep -q 'run 1' requeued; }

@test "--no-requeue" {
    job=$(start_job user1 --workspace=tiny --mem=300M --no-requeue)
    run lab run scontrol requeue "$job"
    [ "$status" -ne 0 ]
    [ "$(job_field "$job" JobState)" = RUNNING ]
    as user1 scancel "$job"
    expect_nothing_left 1 2
}

# allowed OPTIONS…: the vCPUs that each task of a step may use, by rank.
allowed() {
    as user1 srun -Q --jobid="$job" --overlap "$@" sh -c \
        'echo "$SLURM_PROCID: $(sed -n "s/^Cpus_allowed_list:[[:space:]]*//p" /proc/self/status)"' | sort
}

@test "CPU binding: tasks have the vCPUs that stand for their CPUs" {
    job=$(start_job user1 -w node1 --workspace=tiny -n2 --mem=400M)
    run allowed -n2 --cpu-bind=none
    expect_output $'0: 0-1\n1: 0-1'
    run allowed -n2 --cpu-bind=map_cpu:1,0
    expect_output $'0: 1\n1: 0'
    run allowed -n2 --cpu-bind=mask_cpu:0x1,0x2
    expect_output $'0: 0\n1: 1'
    run allowed -n2 --cpu-bind=mask_cpu:0x3
    expect_output $'0: 0-1\n1: 0-1'
    run allowed -n2 -c1 --cpu-bind=threads
    [ "$(cut -d: -f2 <<<"$output" | sort)" = $' 0\n 1' ]
    as user1 scancel "$job"
    wait_for_job "$job"
}

@test "CPU binding: a job that has not the node's first CPU has a first vCPU all the same" {
    first=$(start_job user1 -w node1 --workspace=tiny -n1 --mem=300M)
    job=$(start_job user1 -w node1 --workspace=tiny -n1 --mem=300M)
    run allowed -n1
    expect_output '0: 0'
    as user1 scancel "$first" "$job"
    wait_for_job "$first"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "sbcast and --bcast into a folder that the workspace has" {
    local node
    for node in 1 2; do on "$node" sh -c 'mkdir -p /tmp/local && chown user1: /tmp/local'; done
    job=$(start_job user1 --workspace=tiny --workspace-mount=/tmp/local -N2 -n2 --mem=300M)
    as user1 env SLURM_JOB_ID="$job" sbcast who /tmp/local/sent
    sorted user1 srun -Q --jobid="$job" --overlap -N2 -n2 /tmp/local/sent
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    sorted user1 srun -Q --jobid="$job" --overlap -N2 -n2 --bcast=/tmp/local/program ./who
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    # From inside.
    run as user1 srun -Q --jobid="$job" --overlap -N1 -n1 sbcast -f who /tmp/local/from-inside
    expect_status 0
    sorted user1 srun -Q --jobid="$job" --overlap -N2 -n2 /tmp/local/from-inside
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    # Into the folder that the command is called in, by a name of Slurm's.
    sorted user1 srun -Q --jobid="$job" --overlap -N2 -n2 --bcast ./who
    expect_output $'0 of 2 on node1 tiny\n1 of 2 on node2 tiny'
    as user1 scancel "$job"
    expect_nothing_left 1 2
}
