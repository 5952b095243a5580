# Slurm's commands from inside a workspace, in an image without Slurm; and joining a running job.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab --nodes 2; }
teardown_file() { lab down >&2; }

@test "a batch script starts its steps on one node and on two, in the VMs" {
    as user1 tee steps.sh >/dev/null <<'END'
#!/bin/sh
#SBATCH --workspace=legacy-bullseye --mem=400M
export OMP_NUM_THREADS=3 LD_LIBRARY_PATH=/opt/inside/lib
cd /tmp && mkdir only-inside && cd only-inside
srun -N1 -n1 sh -c '. /etc/os-release; echo "one $(hostname) $VERSION_CODENAME $OMP_NUM_THREADS $LD_LIBRARY_PATH $(pwd)"'
cd "$HOME"
srun -l sh -c '. /etc/os-release; echo "$(hostname) $VERSION_CODENAME"' | sort
printf 'to the task' | srun -N1 -n1 cat; echo
srun -N1 -n1 sh -c 'exit 37'; echo "status $?"
srun -N1 -n1 --workspace=none true; echo "status $?"
END
    run_job user1 -N2 steps.sh
    expect_state COMPLETED
    diff -u - <<<"$output" <(cat <<'END'
one node1 bullseye 3 /opt/inside/lib /tmp/only-inside
0: node1 bullseye
1: node2 bullseye
to the task
srun: error: node1: task 0: Exited with exit code 37
status 37
workspace: srun: --workspace=none may not be used from inside a workspace
status 125
END
    )
}

@test "the commands that ask, and those that change" {
    as user1 tee ask.sh >/dev/null <<'END'
#!/bin/sh
sleep 1000 & # the script's own child is no command of Slurm's
squeue -h -j "$SLURM_JOB_ID" -o '%i %u %T'
sinfo -h -o %P
scontrol show job "$SLURM_JOB_ID" | grep -o "JobId=$SLURM_JOB_ID"
sacct -j "$SLURM_JOB_ID"; echo "sacct $?"
sstat -j "$SLURM_JOB_ID"; echo "sstat $?"
printf '#!/bin/sh\n. /etc/os-release; echo "$ID $1" >other-out\n' >/tmp/made-inside.sh
other=$(sbatch --parsable --workspace=tiny --overcommit --mem=160M /tmp/made-inside.sh argument)
while squeue -h -j "$other" | grep -q .; do sleep 0.5; done
cat other-out
salloc -Q --workspace=tiny --mem=160M srun -Q sh -c '. /etc/os-release; echo "salloc $ID"'
scancel "$SLURM_JOB_ID"
sleep 1000
END
    run_job user1 --workspace=tiny --mem=200M ask.sh
    expect_state CANCELLED
    local outside_sacct outside_sstat
    outside_sacct=$(as user1 sacct -j "$job" 2>&1; echo "sacct $?")
    outside_sstat=$(as user1 sstat -j 1 2>&1; echo "sstat $?")
    [[ $output == "$job user1 RUNNING"$'\n'"main*"$'\n'"JobId=$job"$'\n'* ]]
    expect_output_contains "${outside_sacct##*$'\n'}"
    expect_output_contains "${outside_sstat##*$'\n'}"
    expect_output_contains 'tiny argument'
    expect_output_contains 'salloc tiny'
}

@test "a terminal inside for srun --pty from inside" {
    job=$(start_job user1 --workspace=tiny --mem=200M)
    run script -qec "stty rows 33 cols 99; '$repository/tests/lab/lab' run --name $lab_name --as user1 \
        workspace enter $job srun --overlap --pty -n1 sh -c 'tty; stty size'" /dev/null
    expect_output_contains '/dev/pts/'
    expect_output_contains '33 99'
    as user1 scancel "$job"
}

@test "enter and console, for the job's owner" {
    job=$(start_job user1 -w node1 --workspace=legacy-bullseye --mem=400M)
    run as user1 workspace enter "$job" sh -c '. /etc/os-release; echo "$VERSION_CODENAME $(id -un)"; exit 3'
    expect_status 3
    [[ $output == 'bullseye user1'* ]]
    run as user1 sh -c "echo 'echo \"shell on \$(hostname)\"' | workspace enter $job"
    expect_output_contains 'shell on node1'
    run as user1 workspace console "$job"
    expect_status 0
    expect_output_contains 'workspace-agent: ready'
    run as user2 workspace enter "$job"
    expect_output_contains "job $job is not yours; only its owner may enter it"
    run as user2 workspace console "$job"
    expect_output_contains "job $job is not yours; only its owner may enter it"
    run as user1 workspace enter "$job" --node node2
    expect_output_contains "job $job is not on node 'node2'; it is on node1"
    run as user1 workspace enter 4000000 true
    expect_output_contains 'job 4000000 does not exist, or ended some time ago'
    as user1 scancel "$job"
    expect_nothing_left 1 2
}

@test "ps and top, for the job's owner" {
    job=$(start_job user1 -N2 --workspace=tiny --mem=160M)
    run as user1 workspace ps
    expect_status 0
    [[ $output =~ "$job"\ +RUNNING\ +tiny:1\ +node\[1-2\] ]]
    run as user2 workspace ps
    expect_output "you have no workspace job"
    run as user1 workspace ps "$job" --json
    expect_status 0
    run jq -r '.vms[] | "\(.node) \(.state) \(.usage.cpu_time_ms > 0) \(.usage.network_sent_bytes > 0)"' <<<"$output"
    expect_output $'node1 running true true\nnode2 running true true'
    run as user1 timeout 60 workspace top --interval 1 --count 3
    expect_status 0
    [[ $output =~ "$job"\ +user1\ +node1\ +running\ +tiny:1\ +1\ +[0-9]+\ +96M ]]
    [[ $output =~ "$job"\ +user1\ +node2\ +running ]]
    run on 1 timeout 60 workspace top --interval 1 --count 2
    [[ $output =~ "$job"\ +user1\ +node1\ +running ]]
    run as user2 workspace ps "$job"
    expect_status 77
    expect_output_contains "job $job is not yours"
    run as user2 workspace top
    expect_output_contains 'you have no workspace job that runs'
    # Words of a user's own reach no program of root's.
    run as user1 srun -Q --jobid="$job" --overlap -N1 -n1 --workspace=any /usr/libexec/workspace/workspace-exec --vm usage '0; id'
    [ "$status" -ne 0 ]
    as user1 scancel "$job"
    expect_nothing_left 1 2
    run on 1 pgrep -x vm-request
    expect_status 1
}

# inside JOB COMMAND: in the job's VM on node1.
inside() { as user1 srun --quiet --jobid="$1" --overlap -N1 -n1 -w node1 sh -c "$2"; }

@test "resize, within the allocation, for the job's owner and root" {
    local words line
    job=$(start_job user1 -w node1 -n1 -c2 --workspace=tiny --mem=400M)
    run as user1 workspace resize "$job" --memory 200M --vcpus 1
    expect_output "job $job on node1: 1 vCPU, 200M"
    [[ $(on 1 workspace ps "$job") =~ vcpus\ +1$'\n'memory\ +200M ]]
    while IFS='|' read -r words line; do
        # shellcheck disable=SC2086  # they are words
        run as user1 workspace resize "$job" $words
        [ "$status" -ne 0 ]
        expect_output_contains "error: $line"
    done <<END
|nothing is to be changed; give --memory, --vcpus or both
--memory 400M|400M of memory are more than the 336M of job $job on node1
--memory 1024T|1024T of memory are more than
--memory 9999999999T|--memory '9999999999T' is larger than 1024T
--memory 99999999999999999999|--memory '99999999999999999999' is not a size
--memory=-1|--memory '-1' is not a size
--memory 3parsec|--memory '3parsec' has an unknown unit
--memory 1M|1M of memory are too little for a VM; it needs 48M
--vcpus 3|3 vCPUs are more than the 2 of job $job on node1
--vcpus 0|--vcpus '0' is not a whole number from 1 to 65535
--vcpus 4294967297|--vcpus '4294967297' is not a whole number from 1 to 65535
--vcpus 1 --node node2|job $job is not on node 'node2'; it is on node1
END
    run as user2 workspace resize "$job" --vcpus 2
    expect_status 77
    expect_output_contains "job $job is not yours"
    # What programs hold is not taken from them, and a task is ended by what the VM has now.
    inside "$job" 'head -c 60000000 /dev/zero >/dev/shm/held'
    run as user1 workspace resize "$job" --memory 64M
    [ "$status" -ne 0 ]
    expect_output_contains 'MiB of its memory, not 136'
    run inside "$job" 'exec tail -c 90000000 /dev/zero'
    expect_output_contains "because the job's VM with 200 MiB was full"
    # What root leaves the owner is the most that there is.
    run on 1 workspace resize "$job" --memory 336M --vcpus 1
    expect_output "job $job on node1: 1 vCPU, 336M"
    run as user1 workspace resize "$job" --vcpus 2
    expect_output_contains "2 vCPUs are more than the 1 that an administrator has left job $job on node1"
    run on 1 workspace resize "$job" --vcpus 2
    expect_output "job $job on node1: 2 vCPUs, 336M"
    as user1 scancel "$job"
    wait_for_job "$job"
    run as user1 workspace resize "$job" --vcpus 1
    expect_output_contains "job $job is CANCELLED; its VM cannot be asked"
    run on 1 workspace resize "$job" --vcpus 1
    expect_output_contains "job $job is CANCELLED; its VM cannot be asked"
    expect_nothing_left 1
}

@test "what has no workspace is not entered" {
    job=$(as user1 sbatch --parsable --wrap 'sleep 1000')
    eventually "$kBootDeadlineS" sh -c "timeout 20 '$repository/tests/lab/lab' run --name $lab_name squeue -h -j $job -o %T | grep -q RUNNING"
    local verb
    for verb in enter console; do
        run as user1 workspace "$verb" "$job"
        [ "$status" -ne 0 ]
        expect_output_contains 'has no workspace on this node'
    done
    as user1 scancel "$job"
}

@test "a site limits the commands, for every image" {
    on 1 sh -c 'echo "host_commands: [squeue, sinfo]" >>/etc/workspace/workspace.yaml'
    run as user1 srun -Q -w node1 --workspace=tiny --mem=160M sh -c 'squeue -h -j $SLURM_JOB_ID -o %u; srun true 2>&1; echo $?'
    expect_output $'user1\nworkspace: srun may not be used from inside this workspace; these may: squeue,sinfo\n125'
    on 1 sh -c 'sed -i "/^host_commands/d" /etc/workspace/workspace.yaml'
}
