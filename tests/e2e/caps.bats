# What a job's disks and network may do per second, by the site's word, Slurm's GRES and the image's.

bats_require_minimum_version 1.5.0
load support
load images

# Where the node is emulated its links carry 2 MiB/s at most. On Xen a guest asks its disk for 44 KiB at most at once,
# so a cap of its bandwidth has to be below that of its IOPS.
case $hypervisor in
    qemu) kNetworkCapKib=1024 kCappedBlocks=144 kDiskCapMib=8 kIopsCap=60 ;;
    xen) kNetworkCapKib=64 kCappedBlocks=72 kDiskCapMib=1 kIopsCap=30 ;;
esac
readonly kNetworkCapKib kCappedBlocks kDiskCapMib kIopsCap

setup_file() {
    start_lab
    on 1 sh -c 'cat >/root/qdisk_caps.py' <"$BATS_TEST_DIRNAME/qdisk_caps.py"
}
teardown_file() { lab down >&2; }
teardown() {
    lab run timeout 60 scancel -u user1
    on 1 sed -i /^caps:/d /etc/workspace/workspace.yaml
}

# measures DISK_MIB WRITES BLOCKS: what a job reaches, in hundredths per second: MiB to its disk, writes to it,
# and blocks of 64 KiB that arrive on its stdin and from its stdout. Each flows before it
# is timed, until TCP has found the rate, and is timed where it arrives: what a sender has got rid of may lie in its
# own buffers.
measures() {
    as user1 sh -c 'cat >measure
        head -c 32M /dev/zero | srun -Q -n1 --workspace=tiny sh ./measure inside "$@" | sh ./measure outside "$3"
        cat measured' sh "$@" <<'END'
now() {
    read -r seconds _ </proc/uptime
    echo "${seconds%.*}${seconds#*.}"
}
# timed NAME COUNT WARMING DD-OPERANDS…
timed() {
    local name=$1 count=$2 warming=$3 begin
    shift 3
    dd "$@" "count=$warming" 2>/dev/null
    begin=$(now)
    dd "$@" "count=$count" 2>/dev/null
    echo "$name $((count * 10000 / ($(now) - begin)))" >>measured
}
case $1 in
    inside)
        : >measured
        dd if=/dev/zero bs=64k "count=$((80 + $4))" 2>/dev/null &
        timed disk "$2" 2 if=/dev/zero of=/var/tmp/a bs=1M oflag=direct
        timed writes "$3" 20 if=/dev/zero of=/var/tmp/a bs=4k oflag=direct
        wait
        timed in "$4" 64 of=/dev/null bs=64k iflag=fullblock
        ;;
    outside) timed out "$2" 80 of=/dev/null bs=64k iflag=fullblock ;;
esac
END
}

measure_of() { sed -n "s/^$2 //p" <<<"$1"; }

# is_about RATE CAP: within 5 %. is_uncapped RATE CAP: five times as fast.
is_about() { [ "$(($1 * 100))" -ge "$(($2 * 95))" ] && [ "$(($1 * 100))" -le "$(($2 * 105))" ]; }
is_uncapped() { [ "$1" -ge "$((5 * $2))" ]; }

# expect_rates PREDICATE MEASURES-ARGUMENTS NAME:CAP…: for each rate PREDICATE holds once in some rounds: when the
# machine gives the lab no turn for a second, a cap is not reached, and what waited comes at once thereafter.
expect_rates() {
    local predicate=$1 arguments rates round limit
    local -a missing=("${@:3}") left
    read -ra arguments <<<"$2"
    for ((round = 0; round < 5 && ${#missing[@]} > 0; round++)); do
        rates=$(measures "${arguments[@]}")
        printf '%s %s:\n%s\n' "$predicate" "${missing[*]}" "$rates"
        left=()
        for limit in "${missing[@]}"; do
            "$predicate" "$(measure_of "$rates" "${limit%:*}")" "${limit#*:}" || left+=("$limit")
        done
        missing=("${left[@]}")
    done
    [ "${#missing[@]}" -eq 0 ]
}

@test "the site's caps of disk and network hold within 5 %; without them a job is five times as fast" {
    # Of a full frame of 1514 bytes the task has 1448.
    local network=$((100 * kNetworkCapKib / 64 * 1448 / 1514)) rate=${kNetworkCapKib}K
    local caps=("disk:$((100 * kDiskCapMib))" "writes:$((100 * kIopsCap))" {in,out}:"$network")
    expect_rates is_uncapped '64 500 48' "${caps[@]}"
    on 1 sh -c 'echo "$1" >>/etc/workspace/workspace.yaml' sh \
        "caps: {partitions: {main: {disk_iops: $kIopsCap, disk_bandwidth: ${kDiskCapMib}M, network_in: $rate, network_out: $rate}}}"
    # Long enough that what comes in while the guest has no turn is little of it.
    expect_rates is_about "16 180 $kCappedBlocks" "${caps[@]}"
    expect_nothing_left 1
}

# caps_of_disks JOB: of each of its VM's disks, a bound a line.
caps_of_disks() {
    case $hypervisor in
        qemu)
            on 1 virsh -q -c qemu:///system dumpxml "workspace-$1" |
                sed -n 's,^ *<\(total_[a-z_]*\)>\(.*\)</.*,\1 \2,p'
            ;;
        xen) on 1 sh -c 'python3 /root/qdisk_caps.py "$(xl domid "workspace-$1")"' sh "$1" ;;
    esac
}

# expect_caps_of JOB LINE…: what bounds each of its VM's two disks, and its links on the node.
expect_caps_of() {
    run caps_of_disks "$1"
    output=$(sort <<<"$output" | uniq -c | sed 's/^ *2 //'
        on 1 sh -c 'ip netns exec "ws-$1" tc qdisc show | grep -o "rate [^ ]*" | sort' sh "$1")
    expect_output "$(printf '%s\n' "${@:2}")"
}

# bats test_tags=xen
@test "what a job has of the GRES that the site counts are its VM's caps" {
    on 1 sh -c 'echo "$1" >>/etc/workspace/workspace.yaml' sh \
        'caps: {disk_iops: 60, network_out: 1M, gres: {disk_iops: wsiops, disk_bandwidth: wsdisk, network_in: wsin, network_out: wsout}}'
    job=$(start_job user1 -n1 --workspace=tiny --gres=wsiops:70,wsdisk:9,wsin:3)
    expect_caps_of "$job" 'total_bytes_sec 9437184' 'total_iops_sec 70' 'rate 25165Kbit' 'rate 8388Kbit'
    as user1 scancel "$job"
    wait_for_job "$job"
    eventually "$kCommandDeadlineS" on 1 workspace report "$job" --json
    # Whoever serves the disks tells what of them was read, such as what it booted of.
    run on 1 workspace report "$job" --json
    [[ $output =~ '"disk_read_bytes": '[1-9] ]]
    job=$(start_job user1 -n1 --workspace=tiny)
    expect_caps_of "$job" 'total_iops_sec 60' 'rate 8388Kbit'
    # Slurm's own word is what counts: a node has 1000.
    run as user1 srun -Q --workspace=tiny --gres=wsiops:1001 true
    [ "$status" -ne 0 ]
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "an image's limits hold below the site's, and above them the site's" {
    make_image hungry 1 'caps: {disk_iops: 500, disk_bandwidth: 9M, network_in: 3M, network_out: 20M}'
    approve hungry
    on 1 sh -c 'echo "$1" >>/etc/workspace/workspace.yaml' sh 'caps: {disk_iops: 60, network_out: 1M}'
    job=$(start_job user1 -n1 --mem=256M --workspace=hungry)
    expect_caps_of "$job" 'total_bytes_sec 9437184' 'total_iops_sec 60' 'rate 25165Kbit' 'rate 8388Kbit'
    as user1 scancel "$job"
    wait_for_job "$job"
    # What it needs of memory and disk is no claim on them.
    lab run sh -ec 'cd /root/hungry-1
        for need in memory disk; do
            sed "s/^name: .*/name: needs-$need/; s/^needs: .*/needs: {$need: 1T}/" manifest.yaml >$need.yaml
            timeout 60 workspace image register $need.yaml
            timeout 60 workspace image approve needs-$need
        done' >&2
    run as user1 srun -Q -n1 --mem=256M --workspace=needs-memory true
    [ "$status" -ne 0 ]
    expect_output_contains "of memory on each node, its VM's own cost included, but --mem gives 256M"
    run as user1 srun -Q -n1 --mem=256M --workspace=needs-disk true
    [ "$status" -ne 0 ]
    expect_output_contains 'a scratch disk of 1T is more than this site gives'
    expect_nothing_left 1
}

# expect_no_disks_left: nor who served them, on Xen.
expect_no_disks_left() {
    expect_nothing_left 1
    run on 1 sh -c 'pgrep -a qemu; ls /run/xen/ | grep qmp; losetup -a; ls /var/lib/workspace/scratch'
    expect_output ''
}

# bats test_tags=xen-only
@test "what a guest writes to its image fails, fills nothing and harms no other" {
    on 1 sh -c 'echo "caps: {disk_bandwidth: 64M}" >>/etc/workspace/workspace.yaml'
    make_image rooted 1 'allow_root: true'
    approve rooted
    local digest='sha256sum /var/cache/workspace/files/* | sort'
    job=$(start_job user1 -n1 --workspace=rooted --workspace-root --mem=160M)
    local before
    before=$(on 1 sh -c "$digest")
    run as user1 srun -Q --jobid="$job" --overlap sh -c 'dd if=/dev/zero of=/dev/xvda bs=64k oflag=direct 2>&1
        for place in 0 1 2 3 4; do dd if=/dev/urandom of=/dev/xvda bs=4k seek=$((place * 40)) count=1 conv=fsync 2>&1; done'
    expect_output_contains 'Input/output error'
    run on 1 sh -c "$digest"
    expect_output "$before"
    run as user1 srun -Q -n1 --workspace=tiny --mem=160M echo 'one more'
    expect_output 'one more'
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_no_disks_left
}

# bats test_tags=xen-only
@test "a VM whose disks lose their QEMU ends, and its job with the reason" {
    on 1 sh -c 'echo "caps: {disk_bandwidth: 64M}" >>/etc/workspace/workspace.yaml'
    job=$(start_job user1 -n1 --workspace=tiny --mem=160M)
    on 1 sh -c 'kill -9 $(pgrep -f "xen-[q]emu.* -name workspace-$1 ")' sh "$job"
    [ "$(wait_for_job "$job")" = FAILED ]
    run as user1 cat "out-$job"
    expect_output_contains "the VM of job $job ended while the task ran"
    expect_no_disks_left
}
