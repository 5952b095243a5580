# Everything that is laid over a box's /etc.
# shellcheck shell=bash

# write_etc LABDIR BOX
write_etc() {
    local lab=$1 box=$2 etc
    etc=$(box_dir "$lab" "$box")/etc
    mkdir -p "$etc"
    echo "$box" >"$etc/hostname"
    write_hosts "$lab" >"$etc/hosts"
    write_accounts "$etc"
    write_munge_key "$lab" "$etc"
    write_slurm_conf "$lab" "$etc"
    if [ "$box" = "$kCtl" ] && has_accounting "$lab"; then write_slurmdbd_conf "$etc/slurm"; fi
    write_libvirt_conf "$etc"
    write_site_conf "$lab" "$etc"
    write_keys "$lab" "$box"
}

write_hosts() {
    local lab=$1 number
    echo '127.0.0.1 localhost'
    echo "$kCtlAddress $kCtl"
    for number in $(seq "$(lab_setting "$lab" nodes)"); do
        echo "$(node_address "$number") $(node_name "$number")"
    done
}

# One key for all boxes, a fresh one for each lab.
write_munge_key() {
    local lab=$1 etc=$2
    if [ ! -f "$lab/munge.key" ]; then
        (umask 077 && head -c 1024 /dev/urandom >"$lab/munge.key")
    fi
    install -D -m 0400 "$lab/munge.key" "$etc/munge/munge.key"
}

# Guests run as root of the box, without cgroups (none are mounted there) and without a private
# /dev per guest.
write_libvirt_conf() {
    local directory=$1/libvirt
    mkdir -p "$directory"
    cat >"$directory/qemu.conf" <<'END'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
remember_owner = 0
END
    cat >"$directory/libvirtd.conf" <<'END'
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
}

# The site's configuration of this project.
write_site_conf() {
    local lab=$1 directory=$2/workspace
    mkdir -p "$directory"
    {
        if is_xen "$lab"; then
            echo 'hypervisor: xen:///system'
            echo 'boot_timeout: 300s'
        else
            echo 'hypervisor: qemu:///system'
            echo "acceleration: ${WORKSPACE_LAB_ACCELERATION:-auto}"
        fi
        echo 'store: /var/lib/workspace/store'
        echo 'cache: /var/cache/workspace'
        echo 'scratch: /var/lib/workspace/scratch'
        echo 'kernel: /var/lib/workspace/guest/vmlinux'
        echo 'initrd: /var/lib/workspace/guest/initrd.img'
    } >"$directory/workspace.yaml"
}
