# lab run, lab node, lab service: into a lab that is up.
# shellcheck shell=bash

verb_run() {
    parse_options '--name --as' "$@"
    expect_command 1 'run [--name LAB] [--as USER] CMD…'
    local lab
    lab=$(lab_dir "$option_name")
    require_lab "$lab"
    box_enter "$lab" "$kCtl" "$option_user" "${arguments[@]}"
}

verb_node() {
    parse_options '--name' "$@"
    expect_command 2 'node [--name LAB] N CMD…'
    local lab number=${arguments[0]}
    lab=$(lab_dir "$option_name")
    require_lab "$lab"
    require_node "$lab" "$number"
    if is_xen "$lab"; then
        load_xen
        xen_node_run "$lab" "$number" "${arguments[@]:1}" || exit
    else
        box_enter "$lab" "$(node_name "$number")" root "${arguments[@]:1}"
    fi
}

verb_service() {
    parse_options '--name' "$@"
    expect_arguments 3 'service [--name LAB] N SERVICE start|stop|kill'
    local lab number=${arguments[0]}
    lab=$(lab_dir "$option_name")
    require_lab "$lab"
    require_node "$lab" "$number"
    if is_xen "$lab"; then
        load_xen
        xen_node_run "$lab" "$number" /run/lab/service "${arguments[2]}" "${arguments[1]}" || exit
    else
        box_service "$lab" "$(node_name "$number")" "${arguments[1]}" "${arguments[2]}"
    fi
}
