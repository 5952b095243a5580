#!/bin/bash
# PID 1 of a box: builds the box's root, moves into it, then waits and reaps.
#   init.sh LABDIR BOX BOXDIR CACHE
# Started in fresh mount, pid, uts and ipc namespaces and in the box's network namespace.
set -euo pipefail
readonly lab=$1 box=$2 directory=$3 cache=$4
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
readonly here
# shellcheck source=root.sh
. "$here/root.sh"

# The host's /proc is still mounted here, so this is our pid as the host sees it.
read -r -a stat </proc/self/stat
echo "${stat[0]} ${stat[21]}" >"$directory/init"

hostname "$box"
build_root
enter_root
touch /run/lab/state/ready

# bash reaps every child that comes its way. Nothing else is done here: the lab starts the box's
# services from outside, one visible step each.
while :; do
    sleep 86400 &
    wait "$!" || true
done
