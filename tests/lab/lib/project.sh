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

# What every lab has; a test that needs another image (course-mpi) registers it itself.
readonly kLabImages='tiny legacy-bullseye'

# Registers the sample images as an administrator would, on the login side.
project_images() {
    local lab=$1 image start
    [ -x "$lab/install/usr/bin/workspace" ] || return 0
    for image in $kLabImages; do
        [ -f "$project_cache/images/$image/manifest.yaml" ] || continue
        start=$(now_ms)
        box_run "$lab" "$kCtl" timeout 120 workspace image register \
            "/run/lab/images/$image/manifest.yaml" >"$lab/log/register.log" 2>&1 || {
            show_log "$lab/log/register.log"
            return 1
        }
        say_since "$start" "lab: image $image is registered"
    done
}
