# The box's root: this machine's files under an overlay that forgets, real directories where
# something must last or is too big for memory. Uses lab, box, directory, cache, here of init.sh.
# shellcheck shell=bash disable=SC2154

readonly root=$directory/root

build_root() {
    mkdir -p "$root"
    # The upper layer cannot lie below the lower one ("/"), so it is a tmpfs of its own.
    mount -t tmpfs -o mode=0755 "wslab-$(basename "$lab")-$box" "$root"
    mkdir "$root"/{layers,new}
    overlay /
    # An overlay does not cross into other file systems; these get one each.
    while read -r path; do overlay "$path"; done < <(other_file_systems)
    mount_kernel_files
    mount_lasting_directories
    mount_shared_directories
    lay_over
}

# overlay PATH: this machine's PATH at the same place of the box, writes going to memory.
overlay() {
    local layers=$root/layers/${1//\//_}
    mkdir -p "$layers"/{upper,work} "$root/new$1"
    mount -t overlay -o "lowerdir=$1,upperdir=$layers/upper,workdir=$layers/work" \
        "wslab-$(basename "$lab")-$box" "$root/new$1"
}

# Directories on which this machine has mounted files of its own (a separate /usr, /var, /opt),
# outer ones first; not what the box replaces anyway, nor what an overlay cannot lie on (the
# kernel's file systems, a vfat /boot/efi).
other_file_systems() {
    local path
    while read -r _ _ _ _ path _; do
        case $path/ in
            / | /proc/* | /sys/* | /dev/* | /run/* | /tmp/* | /var/tmp/* | /home/*) continue ;;
        esac
        path=$(printf '%b' "$path")
        if [ ! -d "$path" ] || [ "$path" = "$root" ]; then continue; fi
        case $(stat -f -c %T "$path") in
            ext2/ext3 | xfs | btrfs | zfs | f2fs | tmpfs | overlayfs) printf '%s\n' "$path" ;;
        esac
    done </proc/self/mountinfo | sort -u
}

mount_kernel_files() {
    local new=$root/new
    mount -t proc proc "$new/proc"
    mount -t sysfs sysfs "$new/sys"
    # The machine's own devices: tun, loop devices and the terminals.
    mount --rbind /dev "$new/dev"
    mount -t tmpfs -o mode=1777 shm "$new/dev/shm"
    mount -t tmpfs -o mode=0755 run "$new/run"
    mkdir -p "$new"/run/{lock,munge,netns,lab/state}
    cp -r "$here"/. "$new/run/lab/"
}

# bind SOURCE TARGET: a directory of the host at TARGET of the box, both made when missing.
bind() {
    mkdir -p "$1" "$root/new$2"
    mount --bind "$1" "$root/new$2"
}

# What a crash of the box does not erase, as on a machine with a disk.
mount_lasting_directories() {
    local path
    for path in /var/lib/workspace /var/cache/workspace /var/spool/slurmd /var/spool/slurmctld \
        /var/lib/libvirt /var/tmp /tmp; do
        bind "$directory/disk$path" "$path"
    done
    chmod 1777 "$root"/new{/tmp,/var/tmp}
    chown slurm: "$root/new/var/spool/slurmctld"
    for path in slurm workspace; do bind "$directory/etc/$path" "/etc/$path"; done
    bind "$directory/run" /run/lab/state
    bind "$lab/log/$box" /var/log
    mkdir -p "$root"/new/var/log/{slurm,munge,libvirt/qemu}
    chown slurm: "$root/new/var/log/slurm"
}

# What all boxes of the lab see alike.
mount_shared_directories() {
    bind "$lab/home" /home
    bind "$lab/store" /var/lib/workspace/store
    bind "$lab/guest" /var/lib/workspace/guest
    bind "$lab/install" /run/lab/install
    bind "$cache/images" /run/lab/images
    bind "$cache/libvirt" /run/lab/libvirt
}

# The project's programs, and the lab's configuration over this machine's.
lay_over() {
    rm -f "$root/new/etc/resolv.conf"
    cp -a "$lab/install/." "$root/new/"
    tar -C "$directory/etc" --exclude=./slurm --exclude=./workspace -c . | tar -C "$root/new/etc" -x
}

enter_root() {
    cd "$root/new" || exit
    mkdir -p run/old
    pivot_root . run/old
    cd /
    umount -l /run/old
    rmdir /run/old
}
