# Parallel programs in a job of two nodes: the VMs' private network, MPI by srun and by mpirun, and
# nothing of it left afterwards. One pair of VMs serves all tests but the last two.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    "$repository/images/build" course-mpi >&2
    start_lab --nodes 2
    LAB_TIMEOUT_S=300 lab run workspace image register /run/lab/images/course-mpi/manifest.yaml >&2
    lab run workspace image approve course-mpi >&2
    # The image is a large one: where the node is emulated its copy alone takes minutes.
    local node
    for node in 1 2; do LAB_TIMEOUT_S=1800 on "$node" workspace image prefetch course-mpi >&2; done
    as user1 sh -c 'cat >mpi-ring.c' <"$repository/examples/mpi-ring.c"
    as user1 sh -c 'cat >mpi-ring.sh' <"$repository/examples/mpi-ring.sh"
    job=$(start_job user1 --workspace=course-mpi -N2 --ntasks-per-node=2 --mem=600M)
    export job
    inside -n1 -N1 mpicc.mpich -O2 -o ring-mpich mpi-ring.c
}

teardown_file() { lab down >&2; }

inside() { as user1 srun --quiet --jobid="$job" --overlap "$@"; }

# bytes_received: by the VM of the first node over the private network, so far.
bytes_received() {
    inside -n1 -N1 -w node1 awk '/:/ && !/lo:/ {sub(/.*:/, ""); print $1}' /proc/net/dev
}

@test "each VM has its address, and the others' names" {
    run inside -N2 --ntasks-per-node=1 sh -c \
        'echo "$(hostname) $(grep -c : /proc/net/dev) $(getent hosts node1 node2 | tr -s " \n" " ")"'
    expect_status 0
    [ "$(sort <<<"$output")" = $'node1 2 10.200.0.1 node1 10.200.0.2 node2 \nnode2 2 10.200.0.1 node1 10.200.0.2 node2 ' ]
}

@test "the node has no address on the network, and guards it" {
    run on 1 ip -n "ws-$job" -o address show dev private
    expect_output ''
    run on 1 nft list table ip "workspace-$job"
    expect_output_contains 'elements = { 10.77.0.'
    run on 1 ip -n "ws-$job" -d link show dev vxlan
    expect_output_contains 'mtu 1450'
}

@test "MPICH: four ranks on two nodes by srun --mpi=pmi2, over the private network" {
    local before after
    before=$(bytes_received)
    run inside -N2 -n4 --mpi=pmi2 ./ring-mpich
    expect_status 0
    [ "$(grep ^rank <<<"$output" | sort)" = "rank 0 of 4 on node1
rank 1 of 4 on node1
rank 2 of 4 on node2
rank 3 of 4 on node2" ]
    expect_output_contains 'ring of 4 ranks: 4, sum of the ranks: 6: right'
    # The block of 1 MiB came back to the first node by it.
    after=$(bytes_received)
    [ "$((after - before))" -gt 1000000 ]
}

@test "PMIx, which does not reach into a VM, is refused in one line" {
    local refusal='error: workspace: --mpi=pmix does not reach into the VM of a workspace; use --mpi=pmi2, or start'
    run as user1 srun -n1 --workspace=course-mpi --mpi=pmix echo it runs
    expect_status 1
    expect_output "srun: $refusal the program by mpirun"
    # A step: Slurm itself says that the launch failed.
    run inside -n1 -N1 --mpi=pmix echo it runs
    [ "$(grep -c "$refusal" <<<"$output")" = 1 ]
    [[ $output != *'it runs'* ]]
    # Where it is only what the site or the user has by default, what needs no MPI runs.
    run as user1 env SLURM_MPI_TYPE=pmix srun --quiet --jobid="$job" --overlap -n1 -N1 echo it runs
    expect_output 'it runs'
}

@test "ssh goes from one VM to the other, with the job's own keys" {
    run inside -n1 -N1 -w node1 ssh node2 'echo "$(hostname) $(id -un)"'
    expect_output 'node2 user1'
    run inside -n1 -N1 -w node1 sh -c 'stat -c "%U %a" /run/workspace-ssh/host_key /run/workspace-ssh/id_ed25519'
    expect_output $'root 600\nuser1 600'
    # By no other key, and nobody else.
    run inside -n1 -N1 -w node1 ssh -o IdentityFile=/dev/null -F /dev/null -o BatchMode=yes \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null node2 true
    expect_status 255
    run inside -n1 -N1 -w node1 ssh root@node2 true
    expect_status 255
}

@test "the end of the job leaves nothing on either node" {
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1 2
}

@test "a plain task on the same nodes has PMIx: it is not refused for want of Slurm's plugin" {
    run as user1 srun --quiet -n1 --mpi=pmix sh -c 'echo "$SLURM_MPI_TYPE $PMIX_RANK"'
    expect_output 'pmix 0'
}

@test "Open MPI: the example's job script, mpirun over ssh" {
    # A compiler in it, and two VMs: where they are emulated twice over, ten minutes.
    JOB_DEADLINE_S=$((4 * kBootDeadlineS)) run_job user1 mpi-ring.sh
    expect_state COMPLETED
    [ "$(grep -c ' on node1$' <<<"$output")" = 2 ]
    [ "$(grep -c ' on node2$' <<<"$output")" = 2 ]
    expect_output_contains 'ring of 4 ranks: 4, sum of the ranks: 6: right'
    expect_nothing_left 1 2
}
