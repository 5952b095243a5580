# The project itself: built, installed into the lab's directory, its sample images registered.
# shellcheck shell=bash

# One `make` at a time in this repository, however many labs start.
make_project() {
    mkdir -p "$repository/build"
    flock "$repository/build/lab-make.lock" make -s -C "$repository" "$@" </dev/null
}

# project_build LABDIR: what has an error to report is shown by make's own last lines.
project_build() {
    local lab=$1 start targets=(install)
    start=$(now_ms)
    if [ -d "$repository/guest" ]; then targets+=(images); fi
    if ! make_project "${targets[@]}" DESTDIR="$lab/install" PREFIX=/usr >"$lab/log/make.log" 2>&1; then
        show_log "$lab/log/make.log"
        return 1
    fi
    say_since "$start" 'lab: the project is built and installed'
}

# The guest's kernel and initrd, where workspace.yaml names them.
project_guest() {
    local lab=$1 file
    for file in vmlinux initrd.img; do
        if [ -f "$project_cache/images/$file" ]; then
            cp --reflink=auto "$project_cache/images/$file" "$lab/guest/$file"
        fi
    done
}

# The key that approves the lab's images, made before there are boxes: its secret half goes to the login
# side alone, the public one to all.
project_key() {
    local lab=$1
    [ -x "$lab/install/usr/bin/workspace" ] || return 0
    "$lab/install/usr/bin/workspace" image key new lab --keys "$lab/keys" \
        --secret "$lab/secret-keys/lab.key" >"$lab/log/key.log" 2>&1 || {
        show_log "$lab/log/key.log"
        return 1
    }
}

# write_keys LABDIR BOX
write_keys() {
    local lab=$1 box=$2 directory
    directory=$(box_dir "$lab" "$box")/etc/workspace
    [ -d "$lab/keys" ] || return 0
    cp -r "$lab/keys" "$directory/"
    if [ "$box" = "$kCtl" ]; then cp -r "$lab/secret-keys" "$directory/"; fi
}

# What every lab has; a test that needs another image (course-mpi) registers it itself.
readonly kLabImages='tiny legacy-bullseye'

# Registers and approves the sample images as an administrator would, on the login side.
project_images() {
    local lab=$1 image start
    [ -x "$lab/install/usr/bin/workspace" ] || return 0
    for image in $kLabImages; do
        [ -f "$project_cache/images/$image/manifest.yaml" ] || continue
        start=$(now_ms)
        box_run "$lab" "$kCtl" sh -ec "
            timeout 120 workspace image register /run/lab/images/$image/manifest.yaml
            timeout 60 workspace image approve $image" >"$lab/log/register.log" 2>&1 || {
            show_log "$lab/log/register.log"
            return 1
        }
        say_since "$start" "lab: image $image is registered and approved"
    done
}
