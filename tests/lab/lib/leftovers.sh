# What of a lab exists on this machine: to end it, and to prove that it ended.
# shellcheck shell=bash

# prove_nothing_left LABDIR PROCESSES_BEFORE: fails with a list. Some seconds are given to the
# kernel, which frees namespaces in the background.
prove_nothing_left() {
    local lab=$1 before=$2
    wait_until 10 nothing_left "$lab" "$before" && return 0
    printf "lab: '%s' is not down; left behind:\n" "$(lab_name "$lab")" >&2
    leftovers "$lab" "$before" | sed 's/^/    /' >&2
    exit "$kLabFailed"
}

nothing_left() { [ -z "$(leftovers "$1" "$2")" ]; }

leftovers() {
    local lab=$1 before=$2
    leftover_processes "$lab" "$before"
    network_namespaces "$lab" | sed 's/^/network namespace /'
    awk -v pattern="$(lab_mount_pattern "$lab")" '$0 ~ pattern {print "mount " $5}' /proc/self/mountinfo
    lab_loops "$lab" | sed 's/^/loop device /'
    ip -o link show | awk -F': ' -v prefix="$(netns_prefix "$lab")" 'index($2, prefix) {print "link " $2}'
}

# Two ways to find them: those that were seen in the lab's networks before, and those that have a
# mount of the lab, whatever network they are in by now.
leftover_processes() {
    local lab=$1 before=$2 pid
    { still_running "$before" && processes_with_mounts "$lab"; } | sort -un | while read -r pid; do
        if [ -e "/proc/$pid" ]; then echo "process $pid ($(command_line "$pid"))"; fi
    done
}

# still_running LIST: the pids of those in the list that are still the same process.
still_running() {
    local pid started
    while read -r pid started; do
        if [ -n "$pid" ] && [ "$(process_start_time "$pid")" = "$started" ]; then echo "$pid"; fi
    done <<<"$1"
}

command_line() { { tr '\0' ' ' <"/proc/$1/cmdline" | cut -c1-80; } 2>/dev/null || true; }

# Processes in a mount namespace that has the lab's file systems. A mount in this machine's own
# namespace is reported as a mount, not as every process; a process whose namespace may not be
# read (the machine's init, say) is not the lab's.
processes_with_mounts() {
    local file pid namespace own
    own=$(readlink /proc/self/ns/mnt)
    grep -lE "$(lab_mount_pattern "$1")" /proc/[0-9]*/mountinfo 2>/dev/null | while read -r file; do
        pid=${file#/proc/}
        pid=${pid%/mountinfo}
        namespace=$(readlink "/proc/$pid/ns/mnt") || continue
        if [ "$namespace" != "$own" ]; then echo "$pid"; fi
    done || true
}

# Directories of the lab are the source of binds, its name is that of its own file systems. (Names
# under /run/netns do not count: every fresh mount namespace has a passing copy of them.)
lab_mount_pattern() {
    local directory=${1//./\\.}
    printf ' %s/| - (tmpfs|overlay) %s' "$directory" "$(netns_prefix "$1")"
}

# lab_processes LABDIR: "PID START_TIME" of all processes in the lab's networks and boxes. These
# will be killed, so only what is certain counts: same network or same pid namespace as a box.
lab_processes() {
    local lab=$1 pid
    { processes_in_networks "$lab" && processes_in_boxes "$lab"; } | sort -un | while read -r pid; do
        echo "$pid $(process_start_time "$pid")"
    done
}

processes_in_networks() {
    local netns
    for netns in $(network_namespaces "$1"); do ip netns pids "$netns"; done
}

processes_in_boxes() {
    local lab=$1 box init namespace link
    [ -f "$lab/settings" ] || return 0
    while read -r box; do
        init=$(box_init "$lab" "$box") || continue
        namespace=$(readlink "/proc/$init/ns/pid") || continue
        # Processes come and go while find looks: its status says nothing.
        { find /proc/[0-9]*/ns/pid -lname "$namespace" 2>/dev/null || true; } | cut -d/ -f3
    done < <(lab_boxes "$lab")
}

# lab_loops DIRECTORY: loop devices over files below it, known by device and inode: the path which
# the kernel shows is the one inside the box.
lab_loops() {
    local directory=$1 files
    [ -d "$directory" ] || return 0
    files=$(find "$directory" -type f -printf '%i\n')
    losetup --list --noheadings --output NAME,BACK-INO,BACK-MAJ:MIN |
        awk -v files="$files" -v device="$(mountpoint -d "$(stat -c %m "$directory")")" '
            BEGIN { count = split(files, list, "\n"); for (i = 1; i <= count; i++) inode[list[i]] = 1 }
            ($2 in inode) && $3 == device { print $1 }'
}
