# The seam to tests/lab/xen: a Xen node is a machine of its own, not a box. Its functions, all with
# LABDIR and N: xen_node_up (until slurmd runs), xen_node_run (… CMD…), xen_node_crash,
# xen_node_boot, xen_node_install, xen_node_down (also when it is not there).
# The node finds LABDIR/nodes/nodeN/etc (to lay over /etc), LABDIR/install and LABDIR/guest as files,
# and homes and store over 9p at the controller.
# shellcheck shell=bash

load_xen() {
    [ -f "$here/xen/node.sh" ] || die 'the Xen nodes (tests/lab/xen/node.sh) are not there'
    # shellcheck source=/dev/null
    . "$here/xen/node.sh"
}
