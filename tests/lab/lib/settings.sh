# What a lab was started with, kept in LABDIR/settings as key=value lines.
# shellcheck shell=bash

write_settings() {
    local lab=$1 hypervisor=$2 nodes=$3 accounting=$4
    printf '%s\n' "hypervisor=$hypervisor" "nodes=$nodes" "accounting=$accounting" >"$lab/settings"
}

lab_setting() { sed -n "s/^$2=//p" "$1/settings"; }

has_accounting() { [ "$(lab_setting "$1" accounting)" = yes ]; }
is_xen() { [ "$(lab_setting "$1" hypervisor)" = xen ]; }

require_lab() {
    [ -f "$1/settings" ] || die "there is no lab '$(lab_name "$1")'; start it with: lab up --name $(lab_name "$1")"
}

require_node() {
    check_count "the node's number" "$2"
    [ "$2" -le "$(lab_setting "$1" nodes)" ] ||
        die "lab '$(lab_name "$1")' has $(lab_setting "$1" nodes) node(s); there is no node $2"
}
