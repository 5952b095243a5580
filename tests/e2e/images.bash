# What the tests of images that not everybody may use share. Loaded with: load images
# shellcheck shell=bash

# make_image NAME VERSION [LINE…]: tiny once more, registered and not approved. Each line is one of its
# manifest; its needs come first.
make_image() {
    lab run sh -c '
        set -e
        mkdir -p "/root/$1-$2" && cd "/root/$1-$2"
        cp /run/lab/images/tiny/tiny.squashfs root.squashfs
        echo "$1 $2" >>root.squashfs
        printf "name: %s\nversion: \"%s\"\n" "$1" "$2" >manifest.yaml
        case ${3-} in needs:*) ;; *) echo "needs: {memory: 96M}" >>manifest.yaml ;; esac
        echo "root: {file: root.squashfs, format: squashfs}" >>manifest.yaml
        shift 2
        for line in "$@"; do echo "$line" >>manifest.yaml; done
        timeout 60 workspace image register manifest.yaml' sh "$@" >&2
}

approve() { lab run timeout 60 workspace image approve "$@" >&2; }

digest_of() { lab run timeout 60 workspace image show "$1" | sed -n 's/^digest *//p'; }

# hold IMAGE [ARGUMENTS…]: a job that is pinned and does not start yet; prints its id.
hold() { submit user1 -o 'out-%j' --hold --workspace="$1" "${@:2}" --wrap 'echo it ran'; }

# release JOB: sets `job`, `state` and `output` as run_job does.
release() {
    job=$1
    lab run timeout 60 scontrol release "$job"
    state=$(wait_for_job "$job")
    output=$(as user1 cat "out-$job")
}

# in_config N|ctl TEXT: more lines in a machine's workspace.yaml, in place of those of the last time.
in_config() {
    local where=(on "$1")
    [ "$1" != ctl ] || where=(lab run)
    "${where[@]}" sh -c 'sed -i "/^# of a test/,\$d" /etc/workspace/workspace.yaml
        printf "# of a test\n%s\n" "$1" >>/etc/workspace/workspace.yaml' sh "$2"
}

# refused_by_node REASON: the last job's.
refused_by_node() {
    expect_state FAILED
    expect_output_contains "$1"
    expect_in_service 1
    expect_nothing_left 1
}
