# The seam to tests/lab/xen: a Xen node is a machine, not a box.
#   xen_node_up LABDIR N     starts it (its tap in the controller's namespace) until slurmd runs
#   xen_node_run LABDIR N CMD…
#   xen_node_down LABDIR N   ends it; also when it is not there
# It finds its files in LABDIR/nodes/nodeN/etc (to lay over /etc) and LABDIR/install, and LABDIR's
# home, store, install, guest and nodes exported over 9p at the controller's address.
# shellcheck shell=bash

load_xen() {
    [ -f "$here/xen/node.sh" ] || die 'the Xen nodes (tests/lab/xen/node.sh) are not there'
    # shellcheck source=/dev/null
    . "$here/xen/node.sh"
}

# diod serves as each user in turn: the exports are inside the lab's own network.
export_directories() {
    local lab=$1
    box_run "$lab" "$kCtl" /run/lab/service start diod "$lab"
}
