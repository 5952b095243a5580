# The QEMU machine under a Xen node, and its snapshot. Sourced by build-snapshot and node.sh.
#
# A saved state fits only the same front: devices, CPU, memory, QEMU. xen_machine_front is therefore
# written once, the snapshot's name is a digest of it, and what differs between nodes (files, sockets,
# taps) is the back end that the machine does not see.
# shellcheck shell=bash

# Sparse. The sizes are part of the snapshot: what dom0 has seen of a disk must stay true.
kXenDiskSize=20G
kXenConfigSize=512M

# Sets the array machine_front. Nehalem: libvirt does not know qemu64, and Xen's dom0 crashes under
# emulation on the newer models. 1024 MiB stay with dom0, about 1.9 GiB are left for guests.
xen_machine_front() { # IMAGE_DIR ACCELERATOR
    machine_front=(-machine q35 -smp 2 -m 3072 -nodefaults -no-user-config -display none -no-reboot)
    case $2 in
        kvm) machine_front+=(-accel kvm -cpu host,migratable=on) ;;
        tcg) machine_front+=(-accel tcg,thread=multi,tb-size=512 -cpu Nehalem,+rdrand) ;;
    esac
    machine_front+=(
        -drive "if=none,id=root,file=$1/dom0.img,format=raw,readonly=on" -device virtio-blk-pci,drive=root
        -device virtio-blk-pci,drive=disk -device virtio-blk-pci,drive=config
        -device virtio-net-pci,netdev=net,mac=52:54:00:4d:00:00
        -device virtio-serial-pci -device virtserialport,chardev=channel,name=lab
        -serial chardev:console -monitor none
        -kernel "$1/xen"
        -append "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning noreboot dom0_mem=1024M,max:1024M sched=credit spec-ctrl=no xpti=no"
        -initrd "$1/vmlinuz console=hvc0 panic=5 mitigations=off quiet,$1/initrd.img"
    )
}

# Sets the array machine_back: DIR gets the sockets, the console's log and the pid.
xen_machine_back() { # DIR DISK CONFIG TAP
    machine_back=(
        -drive "if=none,id=disk,file=$2,format=raw,cache=unsafe,discard=unmap"
        -drive "if=none,id=config,file=$3,format=raw,readonly=on"
        -netdev "tap,id=net,ifname=$4,script=no,downscript=no,vhost=off"
        -chardev "socket,id=channel,path=$1/channel.sock,server=on,wait=off"
        -chardev "file,id=console,path=$1/console.log"
        -qmp "unix:$1/qmp.sock,server=on,wait=off"
        -pidfile "$1/qemu.pid" -daemonize
    )
}

# The name of the snapshot that fits. The processor belongs to it: an emulated machine's time stamp
# counter is the host's, and Xen has measured its rate before the snapshot.
xen_snapshot_path() { # IMAGE_DIR ACCELERATOR
    local machine_front digest
    xen_machine_front "$1" "$2"
    digest=$({
        printf '%s\n' "${machine_front[@]}" "$kXenDiskSize" "$kXenConfigSize"
        qemu-system-x86_64 --version
        grep -m1 '^model name' /proc/cpuinfo
    } | sha256sum | cut -c1-16)
    echo "$1/snapshot-$2-$digest"
}

# Ends the machine of DIR, if it is one of ours and still there.
xen_machine_end() { # DIR
    local pid tries
    [ -s "$1/qemu.pid" ] || return 0
    pid=$(<"$1/qemu.pid")
    if tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$1/qemu.pid"; then
        kill -KILL "$pid" 2>/dev/null || true
        for ((tries = 0; tries < 200; tries++)); do
            [ -d "/proc/$pid" ] || break
            sleep 0.05
        done
    fi
    rm -f "$1"/{qemu.pid,qmp.sock,channel.sock}
}
