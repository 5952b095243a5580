# lab down: the plug is pulled, what is left is removed, and then looked for.
# shellcheck shell=bash

verb_down() {
    parse_options '--name --keep-logs' "$@"
    expect_arguments 0 'down [--name LAB] [--keep-logs]'
    take_down "$(lab_dir "$option_name")" "$option_keep_logs"
    say "lab '$option_name' is down; nothing of it is left"
}

# take_down LABDIR KEEP_LOGS: works on a lab in any state, also on none at all.
take_down() {
    local lab=$1 keep_logs=$2 before
    end_xen_nodes "$lab"
    before=$(lab_processes "$lab")
    end_boxes "$lab"
    end_processes "$lab"
    detach_loops "$lab"
    network_down "$lab"
    prove_nothing_left "$lab" "$before"
    remove_directory "$lab" "$keep_logs"
}

end_xen_nodes() {
    local lab=$1 number
    [ -f "$lab/settings" ] && is_xen "$lab" || return 0
    load_xen
    for number in $(seq "$(lab_setting "$lab" nodes)"); do xen_node_down "$lab" "$number"; done
}

end_boxes() {
    local lab=$1 init
    for init in "$lab"/nodes/*/init "$lab/ctl/init"; do
        if [ -f "$init" ]; then box_stop "$lab" "$(box_of_init "$init")"; fi
    done
}

box_of_init() { basename "$(dirname "$1")"; }

# A box that was ended while it started has processes but no init on record.
end_processes() {
    local pid started
    while read -r pid started; do
        if [ "$(process_start_time "$pid")" = "$started" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    done < <(lab_processes "$1")
}

# detach_loops DIRECTORY: those over files below it.
detach_loops() {
    local device
    for device in $(lab_loops "$1"); do losetup --detach "$device" || true; done
}

remove_directory() {
    local lab=$1 keep_logs=$2
    if [ "$keep_logs" = yes ] && [ -d "$lab/log" ]; then
        rm -rf "$lab.logs"
        mv "$lab/log" "$lab.logs"
        say "logs: $lab.logs"
    fi
    rm -rf --one-file-system "$lab"
    rmdir "$labs_root" 2>/dev/null || true
}
