# lab crash, lab boot: a node's power.
# shellcheck shell=bash

verb_crash() {
    power_target 'crash [--name LAB] N' "$@"
    local lab=$target_lab node
    node=$(node_name "$target_number")
    is_xen "$lab" && die 'crash is for qemu labs'
    box_stop "$lab" "$node"
    # A machine without power has no interfaces either; deleting them also takes the taps.
    ip netns del "$(box_netns "$lab" "$node")" 2>/dev/null || true
    say "$node: has no power"
}

verb_boot() {
    power_target 'boot [--name LAB] N' "$@"
    local lab=$target_lab node
    node=$(node_name "$target_number")
    is_xen "$lab" && die 'boot is for qemu labs'
    box_is_up "$lab" "$node" && die "$node is running; crash it first"
    network_add_node "$lab" "$node"
    node_up "$lab" "$target_number"
}

power_target() {
    local usage=$1
    shift
    parse_options '--name' "$@"
    expect_arguments 1 "$usage"
    target_lab=$(lab_dir "$option_name")
    target_number=${arguments[0]}
    require_lab "$target_lab"
    require_node "$target_lab" "$target_number"
}
