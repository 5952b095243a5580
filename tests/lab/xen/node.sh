# A Xen node of the lab: Debian's Xen and dom0 in a QEMU machine in the controller's network namespace.
# Sourced by ../lab, whose names (box_dir, box_netns, node_address, …) it uses.
#   xen_node_up LABDIR N        a fresh node, until slurmd runs in its dom0
#   xen_node_run LABDIR N CMD…  a command in dom0 as root: stdin, stdout, stderr, status are its own
#   xen_node_crash LABDIR N     the power fails
#   xen_node_boot LABDIR N      … and comes back, the disk being as it was
#   xen_node_install LABDIR N   LABDIR/install and LABDIR/guest over the running dom0
#   xen_node_down LABDIR N      ends it; also when it is not there
# shellcheck shell=bash

xen_here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=machine.sh
. "$xen_here/machine.sh"

xen_node_up() {
    xen_make_disk "$1" "$(box_dir "$1" "$(node_name "$2")")" && xen_node_boot "$1" "$2"
}

xen_node_boot() {
    local lab=$1 number=$2 directory log image started accelerator snapshot
    directory=$(box_dir "$lab" "$(node_name "$number")")
    log=$(box_log_dir "$lab" "$(node_name "$number")")/xen.log
    image=$("$xen_here/build-dom0") || return
    started=$("$xen_here/build-snapshot" "$image") || return
    read -r accelerator snapshot <<<"$started"
    xen_make_keys "$lab/ssh" &&
        xen_pack_config "$lab" "$number" >"$log" 2>&1 &&
        xen_start_machine "$lab" "$number" "$image" "$accelerator" "$snapshot" >>"$log" 2>&1 &&
        xen_bring_up "$lab" "$number" >>"$log" 2>&1 &&
        xen_open_connection "$lab" "$number" >>"$log" 2>&1
}

xen_node_run() {
    local directory terminal=-T
    directory=$(box_dir "$1" "$(node_name "$2")")
    if [ ! -S "$directory/ssh.sock" ]; then
        printf "lab: node%d of lab '%s' is not running\n" "$2" "$(lab_name "$1")" >&2
        return "$kLabFailed"
    fi
    [ ! -t 0 ] || terminal=-t
    # ssh joins its words with spaces and has a shell take them apart again. Where the connection has
    # just ended, ssh must not go and look for a machine named dom0.
    ssh -F none -q "$terminal" -S "$directory/ssh.sock" -o ProxyCommand=false root@dom0 \
        "$(printf '%q ' "${@:3}")" || return
}

# Its commands must not read what its caller still has to read.
xen_node_install() {
    xen_node_run "$1" "$2" cp -a --remove-destination /run/lab/install/. / </dev/null &&
        xen_node_run "$1" "$2" cp -a --remove-destination /run/lab/guest/. /var/lib/workspace/guest/ </dev/null
}

xen_node_crash() {
    local directory
    directory=$(box_dir "$1" "$(node_name "$2")")
    xen_machine_end "$directory"
    # The connection's client would notice only after its keep-alive.
    if [ -S "$directory/ssh.sock" ]; then
        ssh -F none -q -S "$directory/ssh.sock" -O exit root@dom0 2>/dev/null || true
        rm -f "$directory/ssh.sock"
    fi
}

xen_node_down() {
    xen_node_crash "$1" "$2"
    rm -f "$(box_dir "$1" "$(node_name "$2")")"/{disk.img,config.tar}
}

# Keys of this lab alone: its nodes' and the one that opens them.
xen_make_keys() { # DIR
    local key
    install -d -m 700 "$1"
    for key in host_key client_key; do
        [ -f "$1/$key" ] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$1/$key" || return
    done
    echo "dom0 $(cut -d' ' -f1,2 "$1/host_key.pub")" >"$1/known_hosts"
}

# The node's disk, with the guest's kernel on it: to copy 66 MB inside would take dom0 seconds.
xen_make_disk() { # LABDIR NODEDIR
    local tree=$2/disk
    install -d "$tree/var/lib/workspace"
    rm -rf "$tree/var/lib/workspace/guest" "$2/disk.img"
    cp -al "$1/guest" "$tree/var/lib/workspace/guest" &&
        truncate -s "$kXenDiskSize" "$2/disk.img" &&
        mke2fs -q -t ext4 -E root_owner=0:0 -d "$tree" "$2/disk.img"
}

# The tar file that the machine sees as its third disk: first bring-up, then under root/ what is laid
# over dom0's root.
xen_pack_config() { # LABDIR N
    local lab=$1 directory config
    directory=$(box_dir "$lab" "$(node_name "$2")")
    config=$directory/config.tar
    rm -f "$config"
    tar -cf "$config" -C "$xen_here" bring-up &&
        xen_pack "$config" / "$lab/install" . &&
        xen_pack "$config" /etc "$directory/etc" --exclude=./passwd --exclude=./group . &&
        xen_pack "$config" /run/lab "$directory/etc" ./passwd ./group &&
        xen_pack "$config" /run/lab/ssh "$lab/ssh" ./host_key ./client_key.pub &&
        xen_pack "$config" /run/lab "$xen_here" ./sshd_config &&
        xen_pack "$config" /run/lab "$xen_here/../inside" ./service &&
        truncate -s "$kXenConfigSize" "$config"
}

# S: the targets of symbolic links stay as they are.
xen_pack() { # CONFIG TARGET DIR TAR_ARGUMENTS…
    tar -rf "$1" --owner=0 --group=0 --transform "s,^\.,root${2%/},S" -C "$3" "${@:4}"
}

xen_start_machine() { # LABDIR N IMAGE_DIR ACCELERATOR SNAPSHOT
    local lab=$1 node directory netns machine_front machine_back
    node=$(node_name "$2")
    directory=$(box_dir "$lab" "$node")
    netns=$(box_netns "$lab" "$kCtl")
    xen_machine_front "$3" "$4"
    xen_machine_back "$directory" "$directory/disk.img" "$directory/config.tar" "$node"
    nsenter --net="/run/netns/$netns" \
        qemu-system-x86_64 "${machine_front[@]}" "${machine_back[@]}" -incoming "exec:cat $5" &&
        ip -n "$netns" link set "$node" master "$kBridge" up &&
        "$xen_here/machine_control.py" resume "$directory/qmp.sock"
}

# By the channel of the snapshot, since dom0 has no address yet.
xen_bring_up() { # LABDIR N
    local node address mac
    node=$(node_name "$2")
    address=$(node_address "$2")
    mac=$(printf '52:54:00:4d:00:%02x' "$2")
    "$xen_here/machine_control.py" command "$(box_dir "$1" "$node")/channel.sock" \
        "tar -xOf /dev/vdc --occurrence=1 bring-up | sh -s $node $address $mac $kCtlAddress $(date +%s.%N)"
}

# One connection serves all commands: a new one costs a second of arithmetic under emulation.
xen_open_connection() { # LABDIR N
    local lab=$1 directory
    directory=$(box_dir "$lab" "$(node_name "$2")")
    nsenter --net="/run/netns/$(box_netns "$lab" "$kCtl")" \
        ssh -F none -M -S "$directory/ssh.sock" -N -f -i "$lab/ssh/client_key" \
        -o IdentitiesOnly=yes -o UserKnownHostsFile="$lab/ssh/known_hosts" -o HostKeyAlias=dom0 \
        -o ConnectTimeout=30 -o ServerAliveInterval=20 -o ServerAliveCountMax=6 \
        "root@$(node_address "$2")" </dev/null
}
