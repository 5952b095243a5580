# The lab's people: user1 (groups legacy and lab) and user2 (group lab), on every box.
# shellcheck shell=bash

readonly kUsers=(user1 user2)

# write_accounts ETC: passwd and group of this machine with the lab's accounts added. libvirt's
# QEMU driver wants its user to exist even where it runs guests as root.
write_accounts() {
    local etc=$1
    {
        grep -v '^user[12]:' /etc/passwd
        grep -q '^libvirt-qemu:' /etc/passwd ||
            echo 'libvirt-qemu:x:64055:64055:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin'
        echo 'user1:x:2001:2001:First user of the lab:/home/user1:/bin/bash'
        echo 'user2:x:2002:2002:Second user of the lab:/home/user2:/bin/bash'
    } >"$etc/passwd"
    {
        grep -Ev '^(user[12]|legacy|lab):' /etc/group
        grep -q '^libvirt-qemu:' /etc/group || echo 'libvirt-qemu:x:64055:'
        echo 'user1:x:2001:'
        echo 'user2:x:2002:'
        echo 'legacy:x:2101:user1'
        echo 'lab:x:2102:user1,user2'
    } >"$etc/group"
}

# make_homes LABDIR: one directory for all boxes, as a cluster's shared file system would be.
make_homes() {
    local lab=$1 user
    mkdir -p "$lab/home"
    for user in "${kUsers[@]}"; do
        install -d -m 0700 "$lab/home/$user"
        chown "200${user#user}:200${user#user}" "$lab/home/$user"
    done
}

require_user() {
    case $1 in
        root | user1 | user2) ;;
        *) die_usage "no user '$1' in the lab; there are: root ${kUsers[*]}" ;;
    esac
}
