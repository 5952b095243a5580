# lab up, lab install: a cluster comes to life, one visible step after the other.
# shellcheck shell=bash

verb_up() {
    parse_options '--name --nodes --hypervisor --accounting' "$@"
    expect_arguments 0 'up [--hypervisor qemu|xen] [--nodes N] [--accounting] [--name LAB]'
    local lab start
    lab=$(lab_dir "$option_name")
    start=$(now_ms)
    [ ! -e "$lab" ] || die "there is a lab '$option_name' already; end it with: lab down --name $option_name"
    check_tools
    # shellcheck disable=SC2064  # the lab's name of now
    trap "up_failed '$lab'" EXIT
    trap 'exit 130' INT TERM HUP
    up_steps "$lab"
    trap - EXIT INT TERM HUP
    say_since "$start" "lab '$option_name' is up"
    describe_lab "$lab"
}

up_steps() {
    local lab=$1 box number
    mkdir -p "$labs_root"
    make_lab_directory "$lab"
    project_build "$lab"
    project_guest "$lab"
    project_key "$lab"
    while read -r box; do write_etc "$lab" "$box"; done < <(lab_boxes "$lab")
    network_up "$lab"
    controller_up "$lab"
    for number in $(seq "$option_nodes"); do node_up "$lab" "$number" up; done
    project_images "$lab"
}

# Root alone may look in from outside: the munge key and the homes lie here.
make_lab_directory() {
    local lab=$1 box
    mkdir -m 0700 "$lab" || die "cannot make $lab"
    write_settings "$lab" "$option_hypervisor" "$option_nodes" "$option_accounting"
    mkdir -p "$lab"/{install,store,guest,log}
    while read -r box; do mkdir -p "$(box_log_dir "$lab" "$box")"; done < <(lab_boxes "$lab")
    make_homes "$lab"
}

controller_up() {
    local lab=$1
    step "$lab" "$kCtl" 'its root is ready' box_start "$lab" "$kCtl"
    service_up "$lab" "$kCtl" munged
    if has_accounting "$lab"; then accounting_up "$lab"; fi
    service_up "$lab" "$kCtl" slurmctld
    if is_xen "$lab"; then service_up "$lab" "$kCtl" diod; fi
}

# node_up LABDIR N up|boot: until Slurm would give it a job; a fresh one, or one that comes back.
node_up() {
    local lab=$1 number=$2 how=$3 node service
    node=$(node_name "$number")
    if is_xen "$lab"; then
        load_xen
        step "$lab" "$node" 'Xen, its dom0 and slurmd are ready' "xen_node_$how" "$lab" "$number"
    else
        step "$lab" "$node" 'its root is ready' box_start "$lab" "$node"
        for service in munged virtlogd libvirtd slurmd; do service_up "$lab" "$node" "$service"; done
    fi
    step "$lab" "$node" 'Slurm may use it' wait_until 60 node_is_in_service "$lab" "$node"
}

# A node that comes back may still have jobs.
node_is_in_service() {
    [[ $(box_run "$1" "$kCtl" timeout 5 sinfo -h -n "$2" -o %T 2>/dev/null) =~ ^(idle|mixed|allocated)$ ]]
}

service_up() { step "$1" "$2" "$3 is ready" box_service "$1" "$2" "$3" start; }

# step LABDIR BOX TEXT CMD…: runs CMD and says how long it took, or shows the box's logs.
step() {
    local lab=$1 box=$2 text=$3 start
    shift 3
    start=$(now_ms)
    if ! "$@"; then
        printf "lab: %s: not so: %s\n" "$box" "$text" >&2
        show_box_logs "$lab" "$box"
        exit "$kLabFailed"
    fi
    say_since "$start" "$box: $text"
}

show_box_logs() {
    local log
    for log in init.log mariadbd.log slurm/slurmdbd.log slurm/slurmctld.log slurm/slurmd.log munge/munged.log \
        libvirt/libvirtd.log xen.log; do
        show_log "$(box_log_dir "$1" "$2")/$log"
    done
}

up_failed() {
    trap - EXIT
    printf "lab: '%s' did not come up; taking it down again\n" "$(lab_name "$1")" >&2
    take_down "$1" no || true
    exit "$kLabFailed"
}

check_tools() {
    local tool missing=()
    local tools=(ip nsenter unshare setpriv flock losetup munged slurmctld slurmd)
    if [ "$option_hypervisor" = qemu ]; then tools+=(libvirtd virtlogd virsh qemu-system-x86_64); fi
    for tool in "${tools[@]}"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ "${#missing[@]}" = 0 ] || die "not installed: ${missing[*]} (make deps installs them)"
}

describe_lab() {
    local lab=$1 name
    name=$(lab_name "$lab")
    say "  login side   $0 run --name $name --as user1 sinfo"
    say "  a node       $0 node --name $name 1 virsh list"
    say "  homes        $lab/home"
    say "  logs         $lab/log"
    say "  the end      $0 down --name $name"
}

# A fresh build laid over a lab that runs; its daemons are left alone.
verb_install() {
    parse_options '--name' "$@"
    expect_arguments 0 'install [--name LAB]'
    local lab box
    lab=$(lab_dir "$option_name")
    require_lab "$lab"
    project_build "$lab"
    project_guest "$lab"
    while read -r box; do
        install_into "$lab" "$box"
    done < <(lab_boxes "$lab")
}

# cp removes a file before it writes it anew: a program that runs keeps its own.
install_into() {
    local lab=$1 box=$2
    if is_xen "$lab" && [ "$box" != "$kCtl" ]; then
        load_xen
        xen_node_install "$lab" "${box#node}"
    elif box_is_up "$lab" "$box"; then
        box_run "$lab" "$box" cp -a --remove-destination /run/lab/install/. /
    fi
}
