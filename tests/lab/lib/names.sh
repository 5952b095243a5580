# Names and paths of a lab, made in this file only.
# shellcheck shell=bash

# Unix sockets have 108 bytes for their path, hence the short root directory.
readonly labs_root=${WORKSPACE_LAB_DIR:-/var/tmp/workspace-lab}
# Things that are costly to make and the same in every lab.
readonly project_cache=${WORKSPACE_CACHE:-$repository/build/cache}

# The controller's box, which is the login side too.
readonly kCtl=ctl
readonly kCtlAddress=10.77.0.254
readonly kBridge=br0

check_lab_name() {
    [[ $1 =~ ^[a-z][a-z0-9]{0,11}$ ]] ||
        die_usage "a lab's name is 1 to 12 letters a-z and digits, a letter first: '$1'"
}

# check_count WHAT N: a small positive number.
check_count() {
    [[ $2 =~ ^[1-9][0-9]?$ ]] || die_usage "$1 must be a number from 1 to 99: '$2'"
}

lab_dir() { printf '%s/%s' "$labs_root" "$1"; }
lab_name() { basename "$1"; }
node_name() { printf 'node%d' "$1"; }
node_address() { printf '10.77.0.%d' "$1"; }

# box_dir LABDIR BOX: what belongs to one box: etc/ (laid over its /etc) and disk/ (what outlives
# a crash of it).
box_dir() {
    if [ "$2" = "$kCtl" ]; then printf '%s/ctl' "$1"; else printf '%s/nodes/%s' "$1" "$2"; fi
}

box_log_dir() { printf '%s/log/%s' "$1" "$2"; }

# box_netns LABDIR BOX: the name under /run/netns. Everything that the lab puts there starts with
# netns_prefix.
netns_prefix() { printf 'wslab-%s-' "$(lab_name "$1")"; }
box_netns() { printf '%s%s' "$(netns_prefix "$1")" "$2"; }

# lab_boxes LABDIR: the controller and the nodes, in the order in which they start.
lab_boxes() {
    local number
    printf '%s\n' "$kCtl"
    for number in $(seq "$(lab_setting "$1" nodes)"); do node_name "$number" && echo; done
}
