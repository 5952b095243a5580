# The lab's network: a bridge in the controller's namespace, a cable to each node. Nothing of it is
# in the machine's own namespace but the names under /run/netns.
# shellcheck shell=bash

network_up() {
    local lab=$1 box
    network_add_box "$lab" "$kCtl"
    ip -n "$(box_netns "$lab" "$kCtl")" link add "$kBridge" type bridge
    ip -n "$(box_netns "$lab" "$kCtl")" addr add "$kCtlAddress/24" dev "$kBridge"
    ip -n "$(box_netns "$lab" "$kCtl")" link set "$kBridge" up
    is_xen "$lab" && return
    for box in $(lab_boxes "$lab" | grep -v "^$kCtl$"); do network_add_node "$lab" "$box"; done
}

# network_add_node LABDIR nodeN: a namespace and a cable into the bridge.
network_add_node() {
    local lab=$1 box=$2 netns ctl
    netns=$(box_netns "$lab" "$box")
    ctl=$(box_netns "$lab" "$kCtl")
    network_add_box "$lab" "$box"
    ip link add "$box" netns "$ctl" type veth peer name eth0 netns "$netns"
    ip -n "$ctl" link set "$box" master "$kBridge" up
    ip -n "$netns" addr add "$(node_address "${box#node}")/24" dev eth0
    ip -n "$netns" link set eth0 up
}

network_add_box() {
    ip netns add "$(box_netns "$1" "$2")"
    ip -n "$(box_netns "$1" "$2")" link set lo up
}

# The lab's names under /run/netns.
network_namespaces() { ip netns list | awk '{print $1}' | grep "^$(netns_prefix "$1")" || true; }

network_down() {
    local netns
    for netns in $(network_namespaces "$1"); do ip netns del "$netns"; done
}
