# lab crash, lab boot: a node's power.
# shellcheck shell=bash

verb_crash() {
    power_target 'crash [--name LAB] N' "$@"
    local lab=$target_lab node
    node=$(node_name "$target_number")
    if is_xen "$lab"; then
        load_xen
        xen_node_crash "$lab" "$target_number"
    else
        box_stop "$lab" "$node"
        # A machine without power has no interfaces either, nor taps, nor loop devices.
        ip netns del "$(box_netns "$lab" "$node")" 2>/dev/null || true
        detach_loops "$(box_dir "$lab" "$node")"
    fi
    say "$node: has no power"
}

verb_boot() {
    power_target 'boot [--name LAB] N' "$@"
    local lab=$target_lab node
    node=$(node_name "$target_number")
    [ "$(box_status "$lab" "$node")" = down ] || die "$node is running; crash it first"
    if ! is_xen "$lab"; then network_add_node "$lab" "$node"; fi
    node_up "$lab" "$target_number" boot
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
