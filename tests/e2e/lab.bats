# The lab itself: a Slurm cluster comes up, carries jobs, and goes without a trace.

bats_require_minimum_version 1.5.0
load support

setup_file() { lab up --nodes 2 >&2; }
teardown_file() { lab down >&2; }

other=${lab_name}b
other_lab() { timeout 120 "$repository/tests/lab/lab" "$1" --name "$other" "${@:2}"; }

# Whatever of lab $1 this machine still has, found in other ways than the lab's own.
remains() {
    ip netns list | grep -w "wslab-$1-[a-z0-9]*" || true
    losetup --list --noheadings --output BACK-FILE | grep "/$1/" || true
    grep -l "$labs_root/$1/\|wslab-$1-.*overlay" /proc/[0-9]*/mountinfo 2>/dev/null || true
    find "$labs_root" -maxdepth 1 -name "$1" 2>/dev/null || true
}

@test "a job runs on both nodes, as the user" {
    run as user1 srun -N2 --label sh -c 'echo "$(hostname) $(id -un) $(pwd)"'
    expect_status 0
    [ "$(sort <<<"$output")" = $'0: node1 user1 /home/user1\n1: node2 user1 /home/user1' ]
}

@test "a batch job's output is in the home that all nodes share" {
    as user1 sbatch --wait -w node2 -o out --wrap 'hostname; id -Gn'
    run as user1 cat out
    expect_output $'node2\nuser1 legacy lab'
}

@test "run drops to the user, in a clean environment" {
    SECRET=1 run as user2 sh -c 'echo "$(id -un) $(id -Gn) $HOME $PWD $USER ${SECRET:-clean} $PATH"'
    expect_output 'user2 user2 lab /home/user2 /home/user2 user2 clean /usr/local/bin:/usr/bin:/bin'
}

@test "run passes bytes and exit status through" {
    head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
    as user1 cat <"$BATS_TEST_TMPDIR/bytes" >"$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/back"
    run as user1 sh -c 'echo out; echo err >&2; exit 37' 2>/dev/null
    expect_status 37
    run as user1 sh -c 'kill -TERM $$'
    expect_status 143
    run -127 as user1 no-such-program
}

@test "what run started ends when run is ended" {
    timeout 1 "$repository/tests/lab/lab" run --name "$lab_name" sleep 4242 || true
    eventually "$kBootDeadlineS" sh -c "! '$repository/tests/lab/lab' run --name $lab_name pgrep -f 'sleep 4242'"
}

@test "bad command lines are refused with a reason" {
    while IFS='|' read -r arguments message; do
        # shellcheck disable=SC2086
        run timeout 20 "$repository/tests/lab/lab" $arguments
        expect_status 2
        expect_output_contains "lab: $message"
    done <<END
up --nodes 0|--nodes must be a number from 1 to 99: '0'
up --nodes|--nodes needs a value
up --hypervisor vmware|--hypervisor is xen or qemu, not 'vmware'
up --name Lab/1|a lab's name is 1 to 12 letters a-z and digits, a letter first: 'Lab/1'
up now|usage: lab up [--hypervisor qemu|xen] [--nodes N] [--accounting] [--name LAB]
run --as root2 id|no user 'root2' in the lab; there are: root user1 user2
run --as user1|usage: lab run [--name LAB] [--as USER] CMD…
fly|unknown verb 'fly'
END
    run lab node x id
    expect_status 2
    expect_output "lab: the node's number must be a number from 1 to 99: 'x'"
    run lab node 3 id
    expect_status 125
    expect_output "lab: lab '$lab_name' has 2 node(s); there is no node 3"
    run other_lab run id
    expect_status 125
    expect_output "lab: there is no lab '$other'; start it with: lab up --name $other"
}

@test "a node that crashes comes back with its disk and without its memory" {
    on 2 sh -c 'echo kept >/var/cache/workspace/kept; echo lost >/run/lost; echo lost >/lost'
    on 2 losetup --find "$(on 2 sh -c 'truncate -s 1M /var/tmp/disk; echo /var/tmp/disk')"
    run lab crash 2
    expect_output 'node2: has no power'
    run on 2 true
    expect_status 125
    run losetup --list --noheadings --output BACK-FILE
    [[ $output != */var/tmp/disk* ]]
    lab boot 2
    run on 2 sh -c 'cat /var/cache/workspace/kept; ls /run/lost /lost 2>/dev/null'
    expect_output kept
    run as user1 srun -w node2 hostname
    expect_output node2
}

@test "a daemon can be ended and started again" {
    lab service 1 slurmd kill
    run on 1 pgrep -x slurmd
    expect_status 1
    lab service 1 slurmd start
    eventually "$kBootDeadlineS" sh -c "timeout 20 '$repository/tests/lab/lab' run --name $lab_name timeout 10 srun -w node1 true"
}

@test "two labs stand side by side, and one goes without the other" {
    other_lab up
    as user1 touch /home/user1/only-here
    run other_lab run --as user1 sh -c 'sinfo -h -N -o %N; ls'
    expect_output node1
    run other_lab run sh -c 'timeout 5 scontrol show hostnames $(sinfo -h -o %N) | wc -l'
    expect_output 1
    run other_lab down
    expect_status 0
    expect_output "lab '$other' is down; nothing of it is left"
    run remains "$other"
    expect_output ''
    run as user1 srun -N2 true
    expect_status 0
}

@test "a lab that failed half-way is taken down by itself" {
    # The name that the second node's network would have is taken.
    mkdir -p /run/netns
    ip netns add "wslab-$other-node2"
    run other_lab up --nodes 2
    expect_status 125
    expect_output_contains "lab: '$other' did not come up; taking it down again"
    run remains "$other"
    expect_output ''
}

@test "down after up was killed, and once more" {
    "$repository/tests/lab/lab" up --name "$other" --nodes 2 >/dev/null 2>&1 3>&- &
    local up=$!
    eventually 60 test -e "$labs_root/$other/nodes/node1/init"
    kill -KILL "$up"
    for _ in 1 2; do
        run other_lab down
        expect_status 0
        expect_output "lab '$other' is down; nothing of it is left"
    done
    run remains "$other"
    expect_output ''
}

@test "down ends what someone left in the lab" {
    other_lab up
    nsenter --net="/run/netns/wslab-$other-ctl" sleep 1000 3>&- &
    local stranger=$!
    other_lab node 1 sh -c 'truncate -s 1M /var/tmp/disk && losetup --find /var/tmp/disk'
    other_lab node 1 sh -c 'ip netns add ws-1 && ip tuntap add dev ws1 mode tap'
    run other_lab down
    expect_status 0
    run kill -0 "$stranger"
    expect_status 1
    run remains "$other"
    expect_output ''
}

@test "down fails with a list while something is left" {
    other_lab up
    mkdir "$BATS_TEST_TMPDIR/mount"
    mount --bind "$labs_root/$other/home" "$BATS_TEST_TMPDIR/mount"
    run other_lab down
    umount "$BATS_TEST_TMPDIR/mount"
    expect_status 125
    expect_output_contains "lab: '$other' is not down; left behind:"
    expect_output_contains "mount $BATS_TEST_TMPDIR/mount"
    run other_lab down
    expect_status 0
}

@test "down keeps the logs when asked" {
    other_lab up
    run other_lab down --keep-logs
    expect_output_contains "logs: $labs_root/$other.logs"
    [ -s "$labs_root/$other.logs/ctl/slurm/slurmctld.log" ]
    rm -rf "${labs_root:?}/$other.logs"
}
