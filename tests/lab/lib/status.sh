# lab status: which labs there are, and what of them runs.
# shellcheck shell=bash

verb_status() {
    parse_options '' "$@"
    expect_arguments 0 'status'
    local settings
    for settings in "$labs_root"/*/settings; do
        if [ -f "$settings" ]; then lab_status "$(dirname "$settings")"; fi
    done
}

lab_status() {
    local lab=$1 box
    say "$(lab_name "$lab"): $(lab_setting "$lab" hypervisor), $lab"
    while read -r box; do say "  $box: $(box_status "$lab" "$box")"; done < <(lab_boxes "$lab")
}

box_status() {
    local lab=$1 box=$2
    if is_xen "$lab" && [ "$box" != "$kCtl" ]; then
        load_xen
        if xen_node_run "$lab" "${box#node}" true </dev/null >/dev/null 2>&1; then echo up; else echo down; fi
    elif box_is_up "$lab" "$box"; then
        echo "up (init is pid $(box_init "$lab" "$box"))"
    else
        echo down
    fi
}
