# A box is a machine made of namespaces (mount, pid, uts, ipc, net) with a root of its own: the
# controller, and with the qemu hypervisor every node. Killing its init is pulling the plug: the
# kernel ends every process inside, and mounts and namespaces go with the last of them.
# shellcheck shell=bash

# box_start LABDIR BOX: boots it; returns when its root is complete. The box's network namespace
# exists already (network.sh).
box_start() {
    local lab=$1 box=$2 directory log
    directory=$(box_dir "$lab" "$box")
    log=$(box_log_dir "$lab" "$box")/init.log
    rm -f "$directory/init" "$directory/run/ready"
    # A session of its own: a ^C meant for `lab up` must not end the box.
    setsid nsenter --net="/run/netns/$(box_netns "$lab" "$box")" \
        unshare --mount --pid --uts --ipc --fork --kill-child \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        /bin/bash "$here/inside/init.sh" "$lab" "$box" "$directory" "$project_cache" \
        </dev/null >"$log" 2>&1 &
    if ! wait_until 20 box_is_booted_or_dead "$lab" "$box" "$!" || ! box_is_up "$lab" "$box"; then
        show_log "$log"
        return 1
    fi
}

# Daemons outlive the command that starts them; a file of its caller which they kept open (a test
# runner's, say) would keep the caller waiting. 255 is the one that bash reads the lab itself from.
close_inherited_files() {
    local file
    for file in /proc/self/fd/*; do
        file=${file##*/}
        if [ "$file" -gt 2 ] && [ "$file" != 255 ]; then eval "exec $file>&-"; fi
    done
}

# True when there is nothing more to wait for.
box_is_booted_or_dead() {
    [ -e "$(box_dir "$1" "$2")/run/ready" ] || ! kill -0 "$3" 2>/dev/null
}

# box_init LABDIR BOX: the box's init as a pid of this machine; fails if it is not running. The
# start time is compared as well, since pids come round again.
box_init() {
    local pid started
    read -r pid started 2>/dev/null <"$(box_dir "$1" "$2")/init" || return 1
    [ "$(process_start_time "$pid")" = "$started" ] || return 1
    printf '%s' "$pid"
}

box_is_up() { box_init "$1" "$2" >/dev/null && [ -e "$(box_dir "$1" "$2")/run/ready" ]; }

# Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets. Nothing for a process
# that has ended and only waits for its parent to take note.
process_start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    stat=${stat##*) }
    awk '$1 != "Z" {print $20}' <<<"$stat"
}

# box_stop LABDIR BOX: pulls the plug and waits until the kernel has cleared everything up.
box_stop() {
    local pid
    pid=$(box_init "$1" "$2") || return 0
    kill -KILL "$pid" 2>/dev/null || true
    wait_until 20 process_is_gone "$pid" || die "$2: its init (pid $pid) does not end"
}

process_is_gone() { [ ! -e "/proc/$1" ]; }

# box_enter LABDIR BOX USER CMD…: becomes CMD inside the box, as USER in the user's home, with a
# clean environment; stdin, stdout, stderr and the exit status are CMD's own. When this process is
# ended from outside, CMD gets SIGTERM: nsenter alone would leave it behind.
box_enter() {
    local lab=$1 box=$2 user=$3 pid home
    shift 3
    pid=$(box_init "$lab" "$box") || die "$box of lab '$(lab_name "$lab")' is not running"
    home=/home/$user
    [ "$user" != root ] || home=/root
    exec nsenter --target "$pid" --mount --uts --ipc --net --pid -- \
        setpriv --reuid "$user" --regid "$user" --init-groups --pdeathsig TERM -- \
        env -i --chdir="$home" HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
        LANG=C.UTF-8 ${TERM:+TERM="$TERM"} PATH="$(box_path "$user")" "$@"
}

box_path() {
    local path=/usr/local/bin:/usr/bin:/bin
    [ "$1" != root ] || path=/usr/local/sbin:/usr/sbin:/sbin:$path
    printf '%s' "$path"
}

# box_run LABDIR BOX CMD…: as root, and comes back.
box_run() { (box_enter "$1" "$2" root "${@:3}"); }

# box_service LABDIR BOX SERVICE start|stop|kill
box_service() { box_run "$1" "$2" /run/lab/service "$4" "$3"; }
